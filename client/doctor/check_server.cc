#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/analysis/why/worker_speed.h"
#include "client/doctor/check_list.h"
#include "client/view/format.h"
#include "proto/shared/certificates.h"
#include "proto/sweep/printable.h"

namespace fathom::client::checks {
namespace {

// Times of events are compared between machines by people, and pending tokens
// of time limits by programs.
constexpr absl::Duration kClockTolerance = absl::Seconds(2);
// Half of the transactions take longer than this: see the alert of the same
// figure in docs/monitoring.md.
constexpr double kSlowSync = 0.2;
// A worker that trains at less than this share of its peak waits or trains
// trials that are too small; one that has trained for less tells nothing.
constexpr double kSmallShare = 0.03;
constexpr double kEnoughSeconds = 10;

// Returns the server if it was looked at and has answered.
const ServerFacts* Answering(const Facts& facts) {
  return facts.server.has_value() && facts.server->call.ok() ? &*facts.server
                                                             : nullptr;
}

const v1::TelemetryFamily* FindFamily(const ServerFacts& server,
                                      const std::string& name) {
  if (!server.telemetry.has_value()) return nullptr;
  for (const v1::TelemetryFamily& family : server.telemetry->families()) {
    if (family.name() == name && family.samples_size() > 0) return &family;
  }
  return nullptr;
}

std::optional<double> ValueOf(const ServerFacts& server,
                              const std::string& name) {
  const v1::TelemetryFamily* const family = FindFamily(server, name);
  if (family == nullptr) return std::nullopt;
  const double value = family->samples(0).value();
  // What is no number of bytes is not believed.
  if (!(value >= 0 && value <= 1e18)) return std::nullopt;
  return value;
}

// Returns an upper bound of the median of a histogram: that of its bucket, and
// ten times the last one for the last bucket, which has none. Nothing without
// observations, or where there is not a bucket more than bounds.
std::optional<double> MedianBound(const v1::TelemetryHistogram& histogram) {
  const int bounds = histogram.bounds_size();
  if (bounds == 0 || histogram.counts_size() != bounds + 1) return std::nullopt;
  double total = 0;
  for (const int64_t count : histogram.counts()) {
    total += static_cast<double>(count);
  }
  double below = 0;
  for (int i = 0; total > 0 && i < bounds; ++i) {
    below += static_cast<double>(histogram.counts(i));
    if (2 * below >= total) return histogram.bounds(i);
  }
  if (!(total > 0)) return std::nullopt;
  return histogram.bounds(bounds - 1) * 10;
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

}  // namespace

Findings ServerName(const Facts& facts) {
  if (!facts.server.has_value()) return {};
  const ServerFacts& server = *facts.server;
  if (server.probe.addresses.empty() && server.probe.name_error.empty()) {
    return {};  // It was not looked up, as it is no address.
  }
  if (!server.probe.name_error.empty()) {
    return {{Level::kProblem,
             absl::StrCat("the name in ", server.address,
                          " is not known: ", server.probe.name_error),
             "check the spelling, the name server and /etc/hosts, or give the "
             "address"}};
  }
  return {{Level::kOk,
           absl::StrCat(server.address, " is ",
                        absl::StrJoin(server.probe.addresses, ", ")),
           ""}};
}

Findings ServerPort(const Facts& facts) {
  if (!facts.server.has_value() || facts.server->probe.addresses.empty()) {
    return {};
  }
  const ServerFacts& server = *facts.server;
  if (server.probe.connected) {
    return {{Level::kOk, "something listens there", ""}};
  }
  return {{Level::kProblem,
           absl::StrCat("no connection to ", server.address, ": ",
                        server.probe.connect_error),
           IsLoopback(server.address)
               ? absl::StrCat("start a coordinator: fathom-server --db FILE "
                              "--listen ",
                              server.address)
               : "is fathom-server running there, does it listen beyond "
                 "loopback, and does a firewall let this machine through?"}};
}

Findings ServerTls(const Facts& facts) {
  if (!facts.server.has_value()) return {};
  const ServerFacts& server = *facts.server;
  if (!server.credentials_status.ok()) {
    return {{Level::kProblem, std::string(server.credentials_status.message()),
             "until then no command reaches a coordinator"}};
  }
  if (!server.probe.connected) return {};
  const std::string wrong =
      ExplainProbe(server.probe, server.address, server.credentials);
  if (!wrong.empty()) {
    std::string advice = "see deploy/README.md, Beyond one machine";
    if (server.probe.has_other_name && !server.probe.certificates.empty()) {
      advice = absl::StrCat(
          "it is for ",
          absl::StrJoin(server.probe.certificates.front().names, ", "));
    }
    return {{Level::kProblem, wrong, advice}};
  }
  if (server.probe.speaks_tls) {
    return {{Level::kOk, "TLS, and the certificate is accepted", ""}};
  }
  if (IsLoopback(server.address)) {
    return {{Level::kOk, "no TLS, which loopback does not need", ""}};
  }
  return {{Level::kWarning, "no TLS: what is said can be read on the way",
           "give the coordinator --tls-cert and --tls-key, or go through an "
           "SSH tunnel"}};
}

Findings ServerCertificate(const Facts& facts) {
  if (!facts.server.has_value() || facts.server->probe.certificates.empty()) {
    return {};
  }
  const auto& certificates = facts.server->probe.certificates;
  const absl::Time end = EarliestEnd(certificates);
  const std::string text =
      absl::StrCat("the coordinator's certificate is for ",
                   certificates.front().names.empty()
                       ? "nobody by name"
                       : absl::StrJoin(certificates.front().names, ", "),
                   " and ends on ", Day(end));
  if (end <= facts.now) {
    return {{Level::kProblem, text,
             "it has ended: put a new one in its place and send SIGHUP"}};
  }
  if (end - facts.now < kExpiryNotice) {
    return {
        {Level::kWarning, text, "put a new one in its place and send SIGHUP"}};
  }
  return {{Level::kOk, text, ""}};
}

Findings ServerToken(const Facts& facts) {
  if (!facts.server.has_value()) return {};
  const ServerFacts& server = *facts.server;
  if (!server.credentials_status.ok() || !server.probe.connected ||
      !ExplainProbe(server.probe, server.address, server.credentials).empty()) {
    return {};
  }
  if (server.call.ok()) {
    const std::string& role = server.caller.role();
    if (role.empty()) {
      return {{Level::kOk,
               "the coordinator answers and asks for no token: everybody who "
               "reaches it may do everything",
               ""}};
    }
    return {{Level::kOk,
             absl::StrCat("the coordinator answers; the token is that of ",
                          Printable(server.caller.name()), ", role ", role),
             ""}};
  }
  if (absl::IsPermissionDenied(server.call)) {
    return {{Level::kWarning,
             absl::StrCat("the token is known, but of another role: ",
                          Printable(std::string(server.call.message()))),
             "for people it takes the role read, submit or admin; this check "
             "sees no more with it"}};
  }
  if (absl::IsUnimplemented(server.call)) {
    return {{Level::kWarning,
             "the coordinator is of the first release, which tells nothing",
             "update fathom-server"}};
  }
  return {{Level::kProblem, Printable(std::string(server.call.message())),
           absl::IsUnauthenticated(server.call)
               ? "whoever runs the coordinator adds the line of `fathom token "
                 "new` to its file and sends SIGHUP"
               : "look into the log of fathom-server"}};
}

Findings ServerClock(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr || !server->clock_offset.has_value()) return {};
  const absl::Duration off = absl::AbsDuration(*server->clock_offset);
  const std::string text = absl::StrFormat(
      "the coordinator's clock is %.3f s %s this one (within %.3f s)",
      absl::ToDoubleSeconds(off),
      *server->clock_offset < absl::ZeroDuration() ? "behind" : "ahead of",
      absl::ToDoubleSeconds(server->clock_error));
  if (off - server->clock_error <= kClockTolerance) {
    return {{Level::kOk, text, ""}};
  }
  return {{Level::kWarning, text,
           "times of events and of job ends are compared between machines, and "
           "certificates are valid from and to a time: run a time service on "
           "both (timedatectl set-ntp true)"}};
}

Findings ServerVersions(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr) return {};
  std::set<std::string> versions = {facts.version,
                                    server->caller.program_version()};
  std::map<std::string, int> workers;
  std::set<std::string> numerics;
  if (server->workers.has_value()) {
    for (const v1::Worker& worker : *server->workers) {
      versions.insert(worker.program_version());
      ++workers[worker.program_version()];
      numerics.insert(worker.numerics());
    }
  }
  std::string text =
      absl::StrCat("this program ", facts.version, ", coordinator ",
                   Printable(server->caller.program_version()));
  for (const auto& [version, count] : workers) {
    absl::StrAppend(&text, ", ", CountText(count, "worker"), " ",
                    Printable(version));
  }
  if (numerics.size() > 1) {
    return {{Level::kWarning,
             absl::StrCat(text, "; workers compute in ", numerics.size(),
                          " ways, whose results differ in their last bits"),
             "let all workers of a sweep be of one version"}};
  }
  if (versions.size() > 1) {
    return {{Level::kWarning, text,
             "they work together; update the coordinator first, then workers "
             "and clients"}};
  }
  return {{Level::kOk, text, ""}};
}

Findings ServerWorkers(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr || !server->workers.has_value()) return {};
  int64_t lost = 0;
  int64_t slots = 0;
  int64_t connected = 0;
  for (const v1::Worker& worker : *server->workers) {
    lost += worker.connected() ? 0 : 1;
    connected += worker.connected() ? 1 : 0;
    slots += worker.connected() ? worker.slots() : 0;
  }
  std::string text = absl::StrCat(CountText(connected, "worker"), " with ",
                                  CountText(slots, "slot"));
  if (lost > 0) {
    return {{Level::kWarning,
             absl::StrCat(text, ", and ", CountText(lost),
                          " that have not been heard of but hold trials"),
             "their trials are given to others when their leases end; "
             "`fathom workers` names them"}};
  }
  return {{Level::kOk, text,
           connected > 0 ? ""
                         : absl::StrCat("start one: fathom-worker --server ",
                                        server->address)}};
}

Findings ServerSpeed(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr || !server->workers.has_value()) return {};
  double lowest = 2;
  std::string name;
  int told = 0;
  for (const v1::Worker& worker : *server->workers) {
    const std::optional<double> share = SpeedOf(worker).peak_share;
    if (!share.has_value() ||
        worker.telemetry().busy_seconds() < kEnoughSeconds) {
      continue;
    }
    ++told;
    if (*share >= lowest) continue;
    lowest = *share;
    name = worker.worker();
  }
  if (told == 0) return {};
  const std::string text = absl::StrFormat(
      "the slowest of %s trains at %.0f %% of the peak of its machine (%s)",
      CountText(told, "worker"), 100 * lowest, Printable(name));
  if (lowest >= kSmallShare) return {{Level::kOk, text, ""}};
  return {{Level::kWarning, text,
           "trials are too small, or the machine is shared with others: "
           "`fathom explain SWEEP` says more, `fathom bench` measures what the "
           "machine can do"}};
}

Findings ServerDisk(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr) return {};
  const auto free = ValueOf(*server, "fathom_disk_free_bytes");
  const auto reserve = ValueOf(*server, "fathom_disk_reserve_bytes");
  if (!free.has_value() || !reserve.has_value()) return {};
  const std::string text = absl::StrCat(
      "the coordinator's disk has ", SizeText(static_cast<int64_t>(*free)),
      " free, of which ", SizeText(static_cast<int64_t>(*reserve)),
      " are kept for results");
  if (*free <= *reserve) {
    return {{Level::kProblem, text,
             "make room there: the coordinator stops when it is full"}};
  }
  if (*free < 4 * *reserve) {
    return {{Level::kWarning, text, "make room there before it is full"}};
  }
  return {{Level::kOk, text, ""}};
}

Findings ServerSync(const Facts& facts) {
  const ServerFacts* const server = Answering(facts);
  if (server == nullptr) return {};
  const v1::TelemetryFamily* const family =
      FindFamily(*server, "fathom_commit_sync_seconds");
  if (family == nullptr) return {};
  const auto median = MedianBound(family->samples(0).histogram());
  if (!median.has_value()) return {};
  const std::string text = absl::StrFormat(
      "half of the coordinator's transactions reach its disk within %.3g s",
      *median);
  if (*median <= kSlowSync) return {{Level::kOk, text, ""}};
  return {{Level::kWarning, text,
           "put the ledger on a faster disk of that machine; a network disk is "
           "slow at this"}};
}

}  // namespace fathom::client::checks
