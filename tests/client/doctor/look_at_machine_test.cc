#include <filesystem>
#include <fstream>
#include <string>

#include "client/doctor/look.h"
#include "gmock/gmock.h"
#include "tests/testing/temp_dir.h"

namespace fathom::client {
namespace {

class LookAtMachineTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.File(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  MachineFacts Look() { return LookAtMachine(root_.File("")); }

  test::TempDir root_;
};

TEST_F(LookAtMachineTest, TheTightestControlGroupCounts) {
  Write("proc/self/cgroup", "0::/job.slice/step.scope\n");
  Write("sys/fs/cgroup/job.slice/step.scope/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/job.slice/cpu.max", "250000 100000\n");
  Write("sys/fs/cgroup/job.slice/step.scope/memory.max", "8589934592\n");
  Write("sys/fs/cgroup/job.slice/step.scope/memory.current", "1000\n");
  Write("sys/fs/cgroup/job.slice/memory.max", "4294967296\n");
  Write("sys/fs/cgroup/job.slice/memory.current", "2000\n");
  Write("sys/fs/cgroup/job.slice/pids.max", "77\n");
  Write("sys/fs/cgroup/job.slice/step.scope/pids.max", "max\n");
  const MachineFacts facts = Look();
  EXPECT_EQ(facts.cpu_quota, 2.5);
  EXPECT_EQ(facts.memory_limit, int64_t{4} << 30);
  EXPECT_EQ(facts.memory_used, 2000);
  EXPECT_EQ(facts.thread_limit, 77);
}

TEST_F(LookAtMachineTest, MemoryIsReadFromItsTable) {
  Write("proc/meminfo",
        "MemTotal:       16316412 kB\nMemFree:          261456 kB\n"
        "MemAvailable:    9123456 kB\n");
  Write("proc/sys/kernel/threads-max", "5\n");
  const MachineFacts facts = Look();
  EXPECT_EQ(facts.memory_bytes, int64_t{16316412} * 1024);
  EXPECT_EQ(facts.available_bytes, int64_t{9123456} * 1024);
  EXPECT_EQ(facts.thread_limit, 5);
}

TEST_F(LookAtMachineTest, WhatTheSystemDoesNotTellIsEmpty) {
  Write("proc/self/cgroup", "12:cpu:/old\n0::/../../..\n");
  Write("proc/meminfo", "MemTotal: many kB\n");
  const MachineFacts facts = Look();
  EXPECT_EQ(facts.cpu_quota, std::nullopt);
  EXPECT_EQ(facts.memory_bytes, std::nullopt);
  EXPECT_EQ(facts.memory_limit, std::nullopt);
  EXPECT_GE(facts.cores, 1);
  EXPECT_GE(facts.usable_cores, 1);
  EXPECT_FALSE(facts.instruction_sets.empty());
}

}  // namespace
}  // namespace fathom::client
