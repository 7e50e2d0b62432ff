#include "worker/kernel/portable_math.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace fathom::worker::kernel {
namespace {

TEST(PortableMathTest, LogIsWithinTwoUnitsInTheLastPlace) {
  for (double x = 1e-300; x < 1e300; x *= 1.7319) {
    const double exact =
        static_cast<double>(std::log(static_cast<long double>(x)));
    const double unit =
        std::nextafter(std::fabs(exact), 1e9) - std::fabs(exact);
    EXPECT_LE(std::fabs(Log(x) - exact), 2 * unit) << x;
  }
  for (double x = 0.5; x < 2; x += 0.000137) {
    const double exact =
        static_cast<double>(std::log(static_cast<long double>(x)));
    EXPECT_LE(std::fabs(Log(x) - exact), 4e-16 * std::fabs(exact)) << x;
  }
}

TEST(PortableMathTest, LogKnowsTheEndsOfItsRange) {
  EXPECT_EQ(Log(1), 0);
  EXPECT_NEAR(Log(std::numeric_limits<double>::max()), 709.782712893384, 1e-12);
  EXPECT_NEAR(Log(std::numeric_limits<double>::denorm_min()),
              -744.4400719213812, 1e-12);
}

TEST(PortableMathTest, ExpIsAccurateAndInvertsLog) {
  EXPECT_EQ(Exp(0), 1);
  for (double x = -700; x < 700; x += 0.731) {
    const long double exact = std::exp(static_cast<long double>(x));
    EXPECT_LE(std::fabs(static_cast<double>(Exp(x) / exact - 1)), 1e-15) << x;
  }
}

TEST(PortableMathTest, PowerOfARootIsTheNumber) {
  for (int n = 1; n <= 64; ++n) {
    EXPECT_EQ(Root(0, n), 0);
    EXPECT_DOUBLE_EQ(Root(1, n), 1);
    for (double x = 1e-300; x < 1e300; x *= 3.1e7) {
      const long double exact = std::pow(static_cast<long double>(x), 1.0L / n);
      EXPECT_LE(std::fabs(static_cast<double>(Root(x, n) / exact - 1)), 1e-15)
          << x << " " << n;
    }
  }
}

TEST(PortableMathTest, PowerMultiplies) {
  EXPECT_EQ(Power(3, 0), 1);
  EXPECT_EQ(Power(-3, 5), -243);
  EXPECT_EQ(Power(2, 64), 0x1p64);
}

TEST(PortableMathTest, ExpMinusOneIsAccurateNearZeroAndAtTheEnds) {
  for (const double sign : {-1.0, 1.0}) {
    for (double size = 1e-300; size < 700; size *= 1.31) {
      const double x = sign * size;
      const long double exact = std::expm1(static_cast<long double>(x));
      EXPECT_LE(std::fabs(static_cast<double>(ExpMinusOne(x) / exact - 1)),
                3e-15)
          << x;
    }
  }
  EXPECT_EQ(ExpMinusOne(0), 0);
  EXPECT_EQ(ExpMinusOne(-1e300), -1);
  EXPECT_EQ(ExpMinusOne(1e300), std::numeric_limits<double>::infinity());
}

TEST(PortableMathTest, RealPowerIsThePowerFunction) {
  EXPECT_EQ(RealPower(0, 0), 1);
  EXPECT_EQ(RealPower(0, 0.1), 0);
  EXPECT_EQ(RealPower(7, 0), 1);
  EXPECT_EQ(RealPower(1e300, 2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(RealPower(1e-300, 2), 0);
  for (double x = 1e-150; x < 1e150; x *= 2.9e7) {
    for (const double a : {0.01, 0.5, 1.0, 4.0 / 3, 2.0}) {
      const long double exact =
          std::pow(static_cast<long double>(x), static_cast<long double>(a));
      const double size = 1 + std::fabs(a * std::log(x));
      EXPECT_LE(std::fabs(static_cast<double>(RealPower(x, a) / exact - 1)),
                1e-15 * size)
          << x << " " << a;
    }
  }
}

TEST(PortableMathTest, CosIsAccurate) {
  EXPECT_EQ(Cos(0), 1);
  for (double x = 0; x <= 0x1.921fb54442d18p+1; x += 0.000731) {
    const long double exact = std::cos(static_cast<long double>(x));
    EXPECT_LE(std::fabs(static_cast<double>(Cos(x) - exact)), 1e-15) << x;
  }
  EXPECT_EQ(Cos(0x1.921fb54442d18p+1), -1);
}

}  // namespace
}  // namespace fathom::worker::kernel
