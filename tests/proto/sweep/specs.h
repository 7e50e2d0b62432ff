#ifndef FATHOM_TESTS_PROTO_SWEEP_SPECS_H_
#define FATHOM_TESTS_PROTO_SWEEP_SPECS_H_

#include <cstdint>
#include <string>

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"

namespace fathom::test {

// Returns `spec` with a protobuf text merged into it.
inline v1::SweepSpec With(v1::SweepSpec spec, const std::string& text) {
  google::protobuf::TextFormat::Parser parser;
  EXPECT_TRUE(parser.MergeFromString(text, &spec)) << text;
  return spec;
}

// Returns a small valid spec without axes, which is not normalized.
inline v1::SweepSpec SmallSpec() {
  return With({}, R"(
    name: "small"
    trial {
      data { synthetic { rows: 20 columns: 3 } }
      optimizer { learning_rate: 0.1 }
      steps: 100
    })");
}

// Returns SmallSpec() with `text` merged into it, normalized.
inline v1::SweepSpec Spec(const std::string& text) {
  return Normalize(With(SmallSpec(), text));
}

inline v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}
inline v1::Value Integer(int64_t integer) {
  v1::Value value;
  value.set_integer(integer);
  return value;
}
inline v1::Value Text(const std::string& text) {
  v1::Value value;
  value.set_text(text);
  return value;
}
inline v1::Value Flag(bool flag) {
  v1::Value value;
  value.set_flag(flag);
  return value;
}

// Returns an axis, and a trial with an optimizer, as texts for With and Spec.
inline std::string AxisText(const std::string& field,
                            const std::string& values) {
  return "axes { axes { field: '" + field + "' " + values + " } }";
}
inline std::string OptimizerText(const std::string& text) {
  return "trial { optimizer { name: OPTIMIZER_NAME_" + text + " } }";
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_PROTO_SWEEP_SPECS_H_
