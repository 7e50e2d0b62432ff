#include "client/commands/interrupt.h"

#include <signal.h>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

// Longer than any test takes: a signal must end the wait.
constexpr absl::Duration kLong = absl::Hours(1);

TEST(InterruptTest, AHangUpWakesOnceAndEndsNothing) {
  Interrupt interrupt(Interrupt::HangUp::kReadsAgain);
  EXPECT_FALSE(interrupt.TakeHangUp());
  raise(SIGHUP);
  EXPECT_FALSE(interrupt.WaitFor(kLong));
  EXPECT_TRUE(interrupt.TakeHangUp());
  EXPECT_FALSE(interrupt.TakeHangUp());
  EXPECT_FALSE(interrupt.WaitFor(absl::ZeroDuration()));
  raise(SIGHUP);
  raise(SIGHUP);
  EXPECT_FALSE(interrupt.WaitFor(kLong));
  EXPECT_TRUE(interrupt.TakeHangUp());
}

TEST(InterruptTest, AnEndThatComesWithAHangUpIsNotForgotten) {
  Interrupt interrupt(Interrupt::HangUp::kReadsAgain);
  raise(SIGHUP);
  raise(SIGTERM);
  EXPECT_TRUE(interrupt.TakeHangUp());
  EXPECT_TRUE(interrupt.WaitFor(kLong));
  EXPECT_TRUE(interrupt.raised());
}

TEST(InterruptTest, WhatWasThereBeforeComesBack) {
  signal(SIGHUP, SIG_IGN);
  { const Interrupt interrupt(Interrupt::HangUp::kReadsAgain); }
  EXPECT_EQ(signal(SIGHUP, SIG_DFL), SIG_IGN);
  { const Interrupt interrupt; }
  EXPECT_EQ(signal(SIGHUP, SIG_DFL), SIG_DFL);
}

}  // namespace
}  // namespace fathom::client
