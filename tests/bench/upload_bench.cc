// Measures what an upload costs other callers. Sends a dataset of the given
// size in MiB, made up on the way, to a coordinator, and asks for decisions
// meanwhile:
//   upload_bench 127.0.0.1:7373 2048
// Prints the rate and how long the decisions took. VmHWM of /proc/PID/status
// shows the memory that the coordinator took.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"

namespace fathom {
namespace {

constexpr int32_t kColumns = 1024;

// Hands the canonical bytes of `rows` rows to `consume`, in pieces.
template <typename Consume>
void Generate(int64_t rows, Consume consume) {
  Dataset one{.rows = 1, .columns = kColumns, .targets = 1};
  for (int i = 0; i < kColumns; ++i) one.x.push_back(i % 256);
  one.y.push_back(0.5);
  const std::string bytes = EncodeDataset(one);
  std::string header = bytes.substr(0, kDatasetHeaderBytes);
  std::memcpy(&header[8], &rows, sizeof rows);
  consume(header);
  std::string piece;
  const auto flush = [&](size_t least) {
    while (piece.size() >= least && !piece.empty()) {
      const size_t size = std::min<size_t>(piece.size(), kDatasetChunkBytes);
      consume(piece.substr(0, size));
      piece.erase(0, size);
    }
  };
  const std::string features = bytes.substr(kDatasetHeaderBytes, kColumns);
  const std::string target = bytes.substr(kDatasetHeaderBytes + kColumns);
  for (int64_t row = 0; row < rows; ++row) {
    piece += features;
    flush(kDatasetChunkBytes);
  }
  for (int64_t row = 0; row < rows; ++row) {
    piece += target;
    flush(kDatasetChunkBytes);
  }
  flush(1);
}

// Changes the weight of the newest sweep, and looks at the sweep, until `done`.
void Ask(client::Connection& connection, const std::atomic<bool>& done,
         std::vector<absl::Duration>& decisions,
         std::vector<absl::Duration>& looks) {
  v1::SweepSpec spec;
  spec.set_name("bench");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.mutable_optimizer()->set_learning_rate(0.1);
  trial.set_steps(10);
  const auto sweep = connection.CreateSweep(spec, true);
  if (!sweep.ok()) {
    std::printf("%s\n", sweep.status().ToString().c_str());
    return;
  }
  v1::UpdateSweepRequest change;
  change.set_sweep("bench");
  change.set_paused(true);
  for (int i = 0; !done; ++i) {
    change.set_weight(1 + i % 7);
    absl::Time start = absl::Now();
    if (!connection.UpdateSweep(change).ok()) std::printf("no decision\n");
    decisions.push_back(absl::Now() - start);
    start = absl::Now();
    if (!connection.GetSweep("bench").ok()) std::printf("no answer\n");
    looks.push_back(absl::Now() - start);
  }
}

void Print(const char* what, std::vector<absl::Duration> times) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return absl::ToDoubleMilliseconds(times[static_cast<size_t>(
        share * static_cast<double>(times.size() - 1))]);
  };
  std::printf("%s: %zu, ms median %.1f, 99 %% %.1f, most %.1f\n", what,
              times.size(), at(0.5), at(0.99), at(1));
}

int Main(const std::string& address, int64_t mebibytes) {
  const auto connection =
      client::ConnectToServer(address, ClientCredentials(), absl::Seconds(10));
  const auto asker =
      client::ConnectToServer(address, ClientCredentials(), absl::Seconds(10));
  if (!connection.ok() || !asker.ok()) return 1;
  const int64_t rows = (mebibytes << 20) / (kColumns + 8) - 1;
  Sha256 hash;
  Generate(rows, [&](const std::string& piece) { hash.Update(piece); });
  std::atomic<bool> done = false;
  std::vector<absl::Duration> decisions, looks;
  std::thread ask([&] { Ask(**asker, done, decisions, looks); });
  auto stub = v1::SweepService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::Dataset response;
  const absl::Time start = absl::Now();
  auto writer = stub->UploadDataset(&context, &response);
  v1::UploadDatasetRequest request;
  request.set_digest("sha256:" + hash.HexDigest());
  request.set_title("bench");
  bool open = writer->Write(request);
  request.Clear();
  Generate(rows, [&](const std::string& piece) {
    request.set_data(piece);
    open = open && writer->Write(request);
  });
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  done = true;
  ask.join();
  std::printf("upload: %s, %lld MiB in %.1f s, %.0f MiB/s\n",
              status.ok() ? "stored" : status.error_message().c_str(),
              static_cast<long long>(mebibytes), seconds,
              static_cast<double>(mebibytes) / seconds);
  Print("decisions", decisions);
  Print("looks", looks);
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: upload_bench ADDRESS MIB\n");
    return 2;
  }
  return fathom::Main(argv[1], std::atoll(argv[2]));
}
