// fathom's side of peers.py. It reads requests from standard input, one per
// line, and answers each with a line of JSON.
//
//   shape M D                    generates other data (at first 2565 x 128)
//   data FILE                    writes X row by row, then y, as doubles
//   starts NET P TRIALS FILE     writes the trials: of each its learning rate
//                                and W_1, W_2, ..., row by row, as doubles
//   losses NET P PRECISION TRIALS STEPS
//   rate NET P PRECISION TRIALS SLOTS SECONDS
//   peak                         of one core, by fused multiply-adds
//   machine SLOTS                peak, bandwidths, instruction set
//
// NET is DEPTH WIDTH, PRECISION double or float.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "proto/shared/status.h"
#include "worker/bench/bandwidth.h"
#include "worker/bench/peak.h"
#include "worker/bench/rate.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/linear_engine.h"
#include "worker/engine/linear/make_model.h"
#include "worker/kernel/models/linear_net.h"

namespace fathom::worker::bench {
namespace {

class Side {
 public:
  absl::StatusOr<std::string> Answer(const std::string& request) {
    std::istringstream words(request);
    std::string what;
    words >> what;
    if (what == "shape") return Shape(words);
    if (what == "data") return Data(words);
    if (what == "starts") return Starts(words);
    if (what == "losses") return Losses(words);
    if (what == "rate") return Rate(words);
    if (what == "peak") return JustPeak();
    if (what == "machine") return Machine(words);
    return absl::InvalidArgumentError(absl::StrCat("no request: ", what));
  }

 private:
  static absl::Status Check(const std::istream& words) {
    if (words) return absl::OkStatus();
    return absl::InvalidArgumentError("a word is missing or no number");
  }

  // Reads P PRECISION TRIALS after the net.
  static absl::StatusOr<std::vector<v1::TrialSpec>> Trials(
      std::istream& words) {
    Net net;
    double p = 0;
    std::string precision;
    int count = 0;
    words >> net.depth >> net.width >> p >> precision >> count;
    RETURN_IF_ERROR(Check(words));
    return RateTrials(
        net, p,
        precision == "float" ? v1::PRECISION_FLOAT : v1::PRECISION_DOUBLE,
        count);
  }

  absl::StatusOr<std::string> Shape(std::istream& words) {
    int64_t rows = 0;
    int32_t columns = 0;
    words >> rows >> columns;
    RETURN_IF_ERROR(Check(words));
    ASSIGN_OR_RETURN(problem_,
                     worker::GenerateProblem(StandardData(rows, columns)));
    return absl::StrCat("{\"rows\": ", rows, ", \"columns\": ", columns, "}");
  }

  absl::StatusOr<std::string> Data(std::istream& words) {
    std::string path;
    words >> path;
    std::ofstream file(path, std::ios::binary);
    Write(file, problem_.x.data(), problem_.x.size());
    Write(file, problem_.y.data(), problem_.y.size());
    return Written(file, path);
  }

  absl::StatusOr<std::string> Starts(std::istream& words) {
    Net net;
    double p = 0;
    int count = 0;
    std::string path;
    words >> net.depth >> net.width >> p >> count >> path;
    RETURN_IF_ERROR(Check(words));
    std::ofstream file(path, std::ios::binary);
    for (const v1::TrialSpec& trial :
         RateTrials(net, p, v1::PRECISION_DOUBLE, count)) {
      const double rate = trial.optimizer().learning_rate();
      Write(file, &rate, 1);
      ASSIGN_OR_RETURN(
          const std::unique_ptr<worker::kernel::Parameterization> model,
          worker::MakeModel(trial.model(), trial.seed(), 1, problem_.columns));
      const auto& linear =
          dynamic_cast<const worker::kernel::LinearNet&>(*model);
      for (int j = 1; j <= linear.depth(); ++j) {
        const worker::kernel::ConstMatrix factor = linear.factor(j);
        for (int64_t row = 0; row < factor.rows; ++row) {
          Write(file, factor.data + row * factor.stride, factor.columns);
        }
      }
    }
    return Written(file, path);
  }

  // Returns the losses of all trials after a number of steps.
  absl::StatusOr<std::string> Losses(std::istream& words) {
    ASSIGN_OR_RETURN(std::vector<v1::TrialSpec> trials, Trials(words));
    int64_t steps = 0;
    words >> steps;
    RETURN_IF_ERROR(Check(words));
    for (v1::TrialSpec& trial : trials) trial.set_steps(steps);
    struct Listener final : public worker::BundleObserver {
      void OnPoint(int lane, int64_t,
                   absl::Span<const double> values) override {
        losses[lane] = values[0];
      }
      void OnFinished(int, v1::TrialResult) override {}
      bool KeepGoing(int64_t) override { return true; }
      std::vector<double> losses;
    } listener;
    listener.losses.resize(trials.size());
    worker::LinearEngine().Run(problem_, trials, listener);
    return absl::StrCat("{\"losses\": [",
                        absl::StrJoin(listener.losses, ", ",
                                      [](std::string* out, double loss) {
                                        absl::StrAppendFormat(out, "%.17g",
                                                              loss);
                                      }),
                        "]}");
  }

  absl::StatusOr<std::string> Rate(std::istream& words) {
    ASSIGN_OR_RETURN(const std::vector<v1::TrialSpec> trials, Trials(words));
    int slots = 0;
    double seconds = 0;
    words >> slots >> seconds;
    RETURN_IF_ERROR(Check(words));
    // Half of the time is for warming up, as it is with the peers.
    ASSIGN_OR_RETURN(const struct Rate rate,
                     TrainingRate(problem_, trials, slots, 2 * seconds,
                                  [] { return true; }));
    if (rate.lasting < static_cast<int>(trials.size())) {
      return absl::FailedPreconditionError("a trial ended");
    }
    return absl::StrFormat("{\"rate\": %.6g}", rate.per_second);
  }

  static double MedianPeak() {
    std::vector<double> peaks;
    for (int i = 0; i < 21; ++i)
      peaks.push_back(Peak(worker::kernel::ActiveIsa()));
    return Median(peaks);
  }

  static absl::StatusOr<std::string> JustPeak() {
    return absl::StrFormat("{\"peak\": %.6g}", MedianPeak());
  }

  static absl::StatusOr<std::string> Machine(std::istream& words) {
    int slots = 0;
    words >> slots;
    RETURN_IF_ERROR(Check(words));
    return absl::StrFormat(
        "{\"isa\": \"%s\", \"peak\": %.6g, \"threads\": %d, \"read_one\": "
        "%.6g, "
        "\"read_all\": %.6g}",
        worker::kernel::IsaName(worker::kernel::ActiveIsa()), MedianPeak(),
        slots, ReadBandwidth(1), ReadBandwidth(slots));
  }

  static void Write(std::ostream& file, const double* values, size_t count) {
    file.write(reinterpret_cast<const char*>(values),
               static_cast<std::streamsize>(sizeof(double) * count));
  }

  static absl::StatusOr<std::string> Written(std::ofstream& file,
                                             const std::string& path) {
    file.close();
    if (!file) return absl::UnavailableError("cannot write " + path);
    return absl::StrCat("{\"written\": \"", path, "\"}");
  }

  worker::Problem problem_ =
      worker::GenerateProblem(StandardData(2565, 128)).value();
};

int Main() {
  Side side;
  for (std::string line; std::getline(std::cin, line);) {
    const absl::StatusOr<std::string> answer = side.Answer(line);
    if (answer.ok()) {
      std::cout << *answer << std::endl;
    } else {
      std::cout << "{\"error\": \"" << std::string(answer.status().message())
                << "\"}" << std::endl;
    }
  }
  return 0;
}

}  // namespace
}  // namespace fathom::worker::bench

int main() { return fathom::worker::bench::Main(); }
