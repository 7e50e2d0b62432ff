// Every check finds nothing in what is in order, and each fault that is
// planted.
#include "client/doctor/checks.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kGibi = int64_t{1} << 30;
constexpr absl::Duration kDay = absl::Hours(24);

void AddGauge(v1::Telemetry& telemetry, const std::string& name, double value) {
  v1::TelemetryFamily& family = *telemetry.add_families();
  family.set_name(name);
  family.add_samples()->set_value(value);
}

v1::Worker GoodWorker(const std::string& name) {
  v1::Worker worker;
  worker.set_worker(name);
  worker.set_slots(4);
  worker.set_connected(true);
  worker.set_program_version("1.2.3");
  worker.set_numerics("n");
  worker.mutable_telemetry()->set_busy_slots(4);
  worker.mutable_telemetry()->set_busy_seconds(1000);
  worker.mutable_telemetry()->set_steps(1'000'000);
  worker.mutable_telemetry()->set_flops(8e11);
  worker.mutable_telemetry()->set_peak_flops_per_second(1e9);
  return worker;
}

// Seconds that transactions took to the disk: so many up to each bound.
v1::TelemetryHistogram& SyncOf(Facts& facts) {
  for (auto& family : *facts.server->telemetry->mutable_families()) {
    if (family.name() == "fathom_commit_sync_seconds") {
      return *family.mutable_samples(0)->mutable_histogram();
    }
  }
  ADD_FAILURE();
  return *facts.server->telemetry->add_families()
              ->add_samples()
              ->mutable_histogram();
}

void SetGauge(Facts& facts, const std::string& name, double value) {
  for (auto& family : *facts.server->telemetry->mutable_families()) {
    if (family.name() == name) family.mutable_samples(0)->set_value(value);
  }
}

ServerFacts GoodServer(absl::Time now) {
  ServerFacts server;
  server.address = "lab.example:7373";
  server.credentials.ca = "ca.pem";
  server.credentials.token_file = "ada.token";
  server.probe.addresses = {"10.1.2.3"};
  server.probe.connected = true;
  server.probe.speaks_tls = true;
  server.probe.certificates = {{.not_before = now - 10 * kDay,
                                .not_after = now + 400 * kDay,
                                .subject = "CN = lab",
                                .names = {"lab.example"}}};
  server.caller.set_name("ada");
  server.caller.set_role("submit");
  server.caller.set_program_version("1.2.3");
  server.clock_offset = absl::Milliseconds(30);
  server.clock_error = absl::Milliseconds(10);
  server.workers = {GoodWorker("w1"), GoodWorker("w2")};
  server.telemetry.emplace();
  AddGauge(*server.telemetry, "fathom_disk_free_bytes", 100.0 * kGibi);
  AddGauge(*server.telemetry, "fathom_disk_reserve_bytes", 0.25 * kGibi);
  v1::TelemetryFamily& sync = *server.telemetry->add_families();
  sync.set_name("fathom_commit_sync_seconds");
  v1::TelemetryHistogram& histogram = *sync.add_samples()->mutable_histogram();
  for (const double bound : {0.01, 0.1, 1.0}) histogram.add_bounds(bound);
  for (const int64_t count : {100, 20, 5, 1}) histogram.add_counts(count);
  return server;
}

// Everything is in order.
Facts Healthy() {
  Facts facts;
  facts.now = absl::FromUnixSeconds(1'800'000'000);
  facts.version = "1.2.3";
  facts.machine = MachineFacts{.cores = 16,
                               .usable_cores = 16,
                               .instruction_sets = {"avx2", "portable"},
                               .memory_bytes = 32 * kGibi,
                               .available_bytes = 20 * kGibi,
                               .descriptor_limit = 524288,
                               .thread_limit = 100'000};
  facts.config =
      ConfigFacts{.path = "/home/ada/.config/fathom/config", .exists = true};
  facts.files = {
      {.path = "ada.token", .what = "token file"},
      {.path = "ca.pem", .what = "authority", .end = facts.now + 1000 * kDay}};
  LedgerFacts& ledger = facts.ledger.emplace();
  ledger.path = "lab.db";
  ledger.schema_version = ledger.newest_schema_version = 30;
  ledger.page_bytes = 16384;
  ledger.pages = 1000;
  ledger.free_pages = 10;
  ledger.file_bytes = 16'384'000;
  ledger.wal_bytes = 1 << 20;
  ledger.file_system = "ext4";
  ledger.disk_free = 100 * kGibi;
  ledger.disk_reserve = kGibi / 4;
  ledger.mode = 0640;
  ledger.is_own = true;
  ledger.owner = "user ada";
  ledger.is_held = true;
  ledger.holders = {"process 17 (fathom-server) of user ada"};
  facts.server = GoodServer(facts.now);
  return facts;
}

// A fault, and what must be found.
struct Fault {
  const char* check;
  Level level;
  const char* text;  // Part of the finding or of the advice.
  std::function<void(Facts&)> plant;
};

std::vector<Fault> MachineFaults() {
  return {
      {"cores", Level::kWarning, "grants the time of 2.5",
       [](Facts& facts) { facts.machine->cpu_quota = 2.5; }},
      {"cores", Level::kWarning, "--slots 1,",
       [](Facts& facts) { facts.machine->cpu_quota = 0.5; }},
      {"cores", Level::kOk, "16 cores, of which this process may use 3",
       [](Facts& facts) { facts.machine->usable_cores = 3; }},
      {"instructions", Level::kWarning, "several times slower",
       [](Facts& facts) { facts.machine->instruction_sets = {"portable"}; }},
      {"memory", Level::kWarning, "fewer slots",
       [](Facts& facts) { facts.machine->available_bytes = kGibi / 2; }},
      {"memory", Level::kWarning, "control group",
       [](Facts& facts) {
         facts.machine->memory_limit = 4 * kGibi;
         facts.machine->memory_used = 7 * kGibi / 2;
       }},
      {"open_files", Level::kWarning, "LimitNOFILE",
       [](Facts& facts) { facts.machine->descriptor_limit = 512; }},
      {"threads", Level::kWarning, "TasksMax",
       [](Facts& facts) { facts.machine->thread_limit = 100; }},
      {"configuration", Level::kProblem, "config:3: found `sever`",
       [](Facts& facts) {
         facts.config->status =
             absl::InvalidArgumentError("config:3: found `sever`");
       }},
      {"configuration", Level::kOk, "no configuration file",
       [](Facts& facts) { facts.config->exists = false; }},
      {"files", Level::kProblem, "can be read by everyone",
       [](Facts& facts) {
         facts.files[0].status = absl::FailedPreconditionError(
             "token file ada.token can be read by everyone");
       }},
      {"files", Level::kWarning, "belongs to user bob",
       [](Facts& facts) {
         facts.files[0].is_others = true;
         facts.files[0].owner = "user bob";
       }},
      {"files", Level::kWarning, "ca.pem expires on 2027-01-2",
       [](Facts& facts) { facts.files[1].end = facts.now + 13 * kDay; }},
      {"files", Level::kProblem, "has expired on",
       [](Facts& facts) { facts.files[1].end = facts.now - kDay; }},
  };
}

std::vector<Fault> LedgerFaults() {
  return {
      {"ledger", Level::kProblem, "go on from a backup",
       [](Facts& facts) {
         facts.ledger->opens = absl::DataLossError("lab.db is not a ledger");
       }},
      {"ledger", Level::kProblem, "newer fathom",
       [](Facts& facts) {
         facts.ledger->opens =
             absl::FailedPreconditionError("Use a newer fathom");
       }},
      {"ledger", Level::kOk, "raises to 30",
       [](Facts& facts) { facts.ledger->schema_version = 28; }},
      {"ledger_integrity", Level::kProblem, "row missing from index",
       [](Facts& facts) {
         facts.ledger->integrity =
             absl::DataLossError("row missing from index");
       }},
      {"ledger_integrity", Level::kWarning, "were not checked",
       [](Facts& facts) {
         facts.ledger->integrity = absl::AbortedError("the file has changed");
       }},
      {"ledger_integrity", Level::kOk, "too many to check",
       [](Facts& facts) {
         facts.ledger->integrity = absl::DeadlineExceededError("interrupted");
       }},
      {"ledger_use", Level::kProblem, "kill -CONT",
       [](Facts& facts) { facts.ledger->stopped = facts.ledger->holders; }},
      {"ledger_use", Level::kWarning, "in a container",
       [](Facts& facts) { facts.ledger->holders.clear(); }},
      {"ledger_use", Level::kWarning, "no program of fathom",
       [](Facts& facts) {
         facts.ledger->strangers = {"process 3 (sqlite3) of user ada"};
       }},
      {"ledger_wal", Level::kWarning, "has read the ledger for long",
       [](Facts& facts) { facts.ledger->wal_bytes = kGibi; }},
      {"ledger_wal", Level::kWarning, "start a coordinator on it once",
       [](Facts& facts) {
         facts.ledger->wal_bytes = kGibi;
         facts.ledger->is_held = false;
       }},
      {"ledger_free_pages", Level::kWarning, "VACUUM",
       [](Facts& facts) {
         facts.ledger->pages = 200'000;
         facts.ledger->free_pages = 150'000;
       }},
      {"ledger_file_system", Level::kWarning, "network file system (nfs)",
       [](Facts& facts) {
         facts.ledger->file_system = "nfs";
         facts.ledger->is_remote = true;
       }},
      {"ledger_file_system", Level::kWarning, "tmpfs",
       [](Facts& facts) { facts.ledger->file_system = "tmpfs"; }},
      {"ledger_file_system", Level::kProblem, "2 names",
       [](Facts& facts) {
         facts.ledger->place =
             absl::FailedPreconditionError("this file has 2 names");
       }},
      {"ledger_disk", Level::kProblem, "stops when the disk is full",
       [](Facts& facts) { facts.ledger->disk_free = kGibi / 8; }},
      {"ledger_disk", Level::kWarning, "before it is full",
       [](Facts& facts) { facts.ledger->disk_free = kGibi; }},
      {"ledger_disk", Level::kWarning, "less than a copy",
       [](Facts& facts) { facts.ledger->file_bytes = 200 * kGibi; }},
      {"ledger_access", Level::kProblem, "chmod o-w",
       [](Facts& facts) { facts.ledger->mode = 0666; }},
      {"ledger_access", Level::kProblem, "lab.db-wal belongs to root",
       [](Facts& facts) {
         facts.ledger->foreign_companions = "lab.db-wal belongs to root";
       }},
      {"ledger_access", Level::kWarning, "only its owner",
       [](Facts& facts) { facts.ledger->is_own = false; }},
      {"ledger_access", Level::kOk, "everyone can read it",
       [](Facts& facts) { facts.ledger->mode = 0644; }},
      {"ledger_leftovers", Level::kWarning, "2 unfinished copies",
       [](Facts& facts) { facts.ledger->leftovers = 2; }},
  };
}

std::vector<Fault> ServerFaults() {
  return {
      {"server_name", Level::kProblem, "/etc/hosts",
       [](Facts& facts) {
         facts.server->probe = {.name_error = "Name or service not known"};
         facts.server->call = absl::UnavailableError("not connected");
       }},
      {"server_port", Level::kProblem, "Connection refused",
       [](Facts& facts) {
         facts.server->probe = {.addresses = {"10.1.2.3"},
                                .connect_error = "Connection refused"};
         facts.server->call = absl::UnavailableError("not connected");
       }},
      {"server_tls", Level::kProblem, "speaks TLS; give --tls-ca",
       [](Facts& facts) { facts.server->credentials.ca.clear(); }},
      {"server_tls", Level::kProblem, "it is for lab.example",
       [](Facts& facts) { facts.server->probe.has_other_name = true; }},
      {"server_tls", Level::kProblem, "self-signed certificate",
       [](Facts& facts) {
         facts.server->probe.distrust = "self-signed certificate";
       }},
      {"server_tls", Level::kProblem, "wants a certificate",
       [](Facts& facts) { facts.server->probe.wants_certificate = true; }},
      {"server_tls", Level::kProblem, "does not speak TLS",
       [](Facts& facts) { facts.server->probe.speaks_tls = false; }},
      {"server_tls", Level::kProblem, "in the clear",
       [](Facts& facts) {
         facts.server->credentials_status =
             absl::FailedPreconditionError("a token in the clear");
       }},
      {"server_tls", Level::kWarning, "SSH tunnel",
       [](Facts& facts) {
         facts.server->credentials = {};
         facts.server->probe.speaks_tls = false;
       }},
      {"server_certificate", Level::kProblem, "it has ended",
       [](Facts& facts) {
         facts.server->probe.certificates[0].not_after = facts.now - kDay;
       }},
      {"server_certificate", Level::kWarning, "ends on 2027-01-2",
       [](Facts& facts) {
         facts.server->probe.certificates[0].not_after = facts.now + 13 * kDay;
       }},
      {"server_token", Level::kProblem, "fathom token new",
       [](Facts& facts) {
         facts.server->call = absl::UnauthenticatedError("wants a token");
       }},
      {"server_token", Level::kWarning, "role read, submit or admin",
       [](Facts& facts) {
         facts.server->call = absl::PermissionDeniedError("role worker");
       }},
      {"server_token", Level::kWarning, "first release",
       [](Facts& facts) { facts.server->call = absl::UnimplementedError(""); }},
      {"server_token", Level::kProblem, "log of fathom-server",
       [](Facts& facts) {
         facts.server->call = absl::UnavailableError("it stands still");
       }},
      {"server_token", Level::kOk, "asks for no token",
       [](Facts& facts) { facts.server->caller.clear_role(); }},
      {"server_clock", Level::kWarning, "2.500 s behind",
       [](Facts& facts) { facts.server->clock_offset = absl::Seconds(-2.5); }},
      {"server_clock", Level::kWarning, "3.000 s ahead of",
       [](Facts& facts) { facts.server->clock_offset = absl::Seconds(3); }},
      // The call took so long that nothing can be said.
      {"server_clock", Level::kOk, "within 2.000 s",
       [](Facts& facts) {
         facts.server->clock_offset = absl::Seconds(3);
         facts.server->clock_error = absl::Seconds(2);
       }},
      {"server_versions", Level::kWarning, "coordinator 1.2.2",
       [](Facts& facts) { facts.server->caller.set_program_version("1.2.2"); }},
      {"server_versions", Level::kWarning, "1 worker 1.1.0",
       [](Facts& facts) {
         facts.server->workers->at(0).set_program_version("1.1.0");
       }},
      {"server_versions", Level::kWarning, "in 2 ways",
       [](Facts& facts) { facts.server->workers->at(0).set_numerics("m"); }},
      {"server_workers", Level::kWarning, "and 1 that have not been heard of",
       [](Facts& facts) { facts.server->workers->at(1).set_connected(false); }},
      {"server_workers", Level::kOk, "start one",
       [](Facts& facts) { facts.server->workers->clear(); }},
      {"server_speed", Level::kWarning, "1 % of the peak of its machine (w2)",
       [](Facts& facts) {
         facts.server->workers->at(1).mutable_telemetry()->set_flops(1e10);
       }},
      {"server_disk", Level::kProblem, "make room there",
       [](Facts& facts) {
         SetGauge(facts, "fathom_disk_free_bytes", 0.2 * kGibi);
       }},
      {"server_disk", Level::kWarning, "before it is full",
       [](Facts& facts) {
         SetGauge(facts, "fathom_disk_free_bytes", 0.9 * kGibi);
       }},
      {"server_sync", Level::kWarning, "faster disk",
       [](Facts& facts) { SyncOf(facts).set_counts(2, 1000); }},
      {"server_sync", Level::kWarning, "within 10 s",
       [](Facts& facts) { SyncOf(facts).set_counts(3, 1000); }},
  };
}

TEST(ChecksTest, NothingIsWrongWithWhatIsInOrder) {
  std::set<std::string> checks;
  for (const CheckResult& result : RunChecks(Healthy())) {
    EXPECT_EQ(result.finding.level, Level::kOk)
        << result.check->name << ": " << result.finding.text;
    EXPECT_NE(result.finding.text, "") << result.check->name;
    checks.insert(result.check->name);
  }
  // All but what speaks only of faults.
  EXPECT_EQ(checks.size(), AllChecks().size() - 1);
}

TEST(ChecksTest, EachPlantedFaultIsFoundByItsCheck) {
  std::set<std::string> found;
  for (const auto& faults : {MachineFaults(), LedgerFaults(), ServerFaults()}) {
    for (const Fault& fault : faults) {
      Facts facts = Healthy();
      fault.plant(facts);
      bool seen = false;
      std::string all;
      for (const CheckResult& result : RunChecks(facts)) {
        const std::string text =
            absl::StrCat(result.finding.text, "; ", result.finding.advice);
        absl::StrAppend(&all, LevelName(result.finding.level), " ",
                        result.check->name, ": ", text, "\n");
        seen |= result.check->name == std::string(fault.check) &&
                result.finding.level == fault.level &&
                text.find(fault.text) != std::string::npos;
        // Whoever reads of a fault reads what to do.
        if (result.finding.level != Level::kOk) {
          EXPECT_NE(result.finding.advice, "") << result.check->name;
        }
      }
      EXPECT_TRUE(seen) << fault.check << ", " << fault.text << ":\n" << all;
      if (fault.level != Level::kOk) found.insert(fault.check);
    }
  }
  for (const Check& check : AllChecks()) {
    EXPECT_TRUE(found.contains(check.name)) << "no fault for " << check.name;
  }
}

TEST(ChecksTest, WhatWasNotLookedAtHasNoFindings) {
  EXPECT_TRUE(RunChecks(Facts()).empty());
  Facts only_ledger;
  only_ledger.ledger = Healthy().ledger;
  for (const CheckResult& result : RunChecks(only_ledger)) {
    EXPECT_EQ(result.check->area, std::string("ledger"));
  }
}

TEST(ChecksTest, MeasurementsThatCannotBeAreNotBelieved) {
  Facts facts = Healthy();
  SetGauge(facts, "fathom_disk_free_bytes", std::nan(""));
  SyncOf(facts).clear_bounds();
  for (int i = 0; i < 4; ++i) {
    SyncOf(facts).set_counts(i, std::numeric_limits<int64_t>::max());
  }
  for (const CheckResult& result : RunChecks(facts)) {
    EXPECT_NE(result.check->name, std::string("server_disk"));
    EXPECT_NE(result.check->name, std::string("server_sync"));
  }
}

TEST(ChecksTest, OfALedgerThatIsNotThereNothingElseIsSaid) {
  Facts facts;
  facts.ledger.emplace();
  facts.ledger->opens = absl::NotFoundError("cannot open none.db");
  const std::vector<CheckResult> results = RunChecks(facts);
  ASSERT_EQ(results.size(), 1);
  EXPECT_EQ(results[0].finding.level, Level::kProblem);
}

TEST(ChecksTest, StepsTowardsACoordinatorAreToldApart) {
  // Of the steps name, port, TLS, token, the first that fails is the problem,
  // and those after it say nothing.
  const char* const steps[] = {"server_name", "server_port", "server_tls",
                               "server_token"};
  for (const Fault& fault : ServerFaults()) {
    if (fault.level != Level::kProblem) continue;
    Facts facts = Healthy();
    fault.plant(facts);
    int problems = 0;
    for (const CheckResult& result : RunChecks(facts)) {
      for (const char* step : steps) {
        problems += result.check->name == std::string(step) &&
                            result.finding.level == Level::kProblem
                        ? 1
                        : 0;
      }
    }
    EXPECT_LE(problems, 1) << fault.check << ", " << fault.text;
  }
}

}  // namespace
}  // namespace fathom::client
