#include "tests/proto/sweep/random_spec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/sweep/normalize.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

template <typename T>
T OneOf(std::mt19937_64* random, const std::vector<T>& choices) {
  return choices[(*random)() % choices.size()];
}

constexpr double kMax = std::numeric_limits<double>::max();
constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();

int64_t AnyInteger(std::mt19937_64* random) {
  return OneOf<int64_t>(random,
                        {0, 1, 2, 3, 5, 64, 65, -1, 65536, 100000, 2147483647,
                         -2147483647 - 1, int64_t{1} << 40, kMin64, kMax64});
}

double AnyNumber(std::mt19937_64* random) {
  return OneOf<double>(
      random, {0.0, -0.0, 1.0, 2.0, 3.0, 0.5, 1e-5, 1e-1, -1.0, 1e300, 1e-300,
               5e-324, kMax, -kMax, static_cast<double>(INFINITY),
               static_cast<double>(-INFINITY), static_cast<double>(NAN)});
}

std::string AnyText(std::mt19937_64* random) {
  return OneOf<std::string>(
      random,
      {"", "depth", "seed", "steps", "learning_rate", "loss.lp", "std", "name",
       "columns", "synthetic.seed", "gaussian", "balanced", "standardize",
       "model", "..", "tab", "sha256:", std::string(300, 'x'), "a\nb\"%s"});
}

void SetAnything(std::mt19937_64* random, const FieldDescriptor* field,
                 Message* message) {
  const Reflection* reflection = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = static_cast<int32_t>(AnyInteger(random));
      many ? reflection->AddInt32(message, field, value)
           : reflection->SetInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t value = AnyInteger(random);
      many ? reflection->AddInt64(message, field, value)
           : reflection->SetInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection->SetUInt64(message, field,
                            static_cast<uint64_t>(AnyInteger(random)));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = AnyNumber(random);
      many ? reflection->AddDouble(message, field, value)
           : reflection->SetDouble(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(message, field, (*random)() % 2 == 0);
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = OneOf<int>(random, {0, 1, 2, 3, 17, -1});
      many ? reflection->AddEnumValue(message, field, value)
           : reflection->SetEnumValue(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      many ? reflection->AddString(message, field, AnyText(random))
           : reflection->SetString(message, field, AnyText(random));
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      many ? reflection->AddMessage(message, field)
           : reflection->MutableMessage(message, field);
      break;
    default:
      break;
  }
}

// Walks down to a random message and changes one field there.
void MutateOnce(std::mt19937_64* random, Message* message) {
  const Reflection* reflection = message->GetReflection();
  const FieldDescriptor* field = message->GetDescriptor()->field(
      static_cast<int>((*random)() % message->GetDescriptor()->field_count()));
  if ((*random)() % 20 == 0) {
    reflection->ClearField(message, field);
  } else if (field->message_type() != nullptr && (*random)() % 10 != 0) {
    if (!field->is_repeated()) {
      MutateOnce(random, reflection->MutableMessage(message, field));
      return;
    }
    const int size = reflection->FieldSize(*message, field);
    MutateOnce(random, size > 0 ? reflection->MutableRepeatedMessage(
                                      message, field,
                                      static_cast<int>((*random)() % size))
                                : reflection->AddMessage(message, field));
  } else {
    SetAnything(random, field, message);
  }
}

}  // namespace

v1::SweepSpec RandomValidSpec(std::mt19937_64* random) {
  std::vector<std::string> groups = {
      R"(axes { axes { field: "depth" range { from: 1 to: 4 } } })",
      R"(axes { axes { field: "learning_rate"
                       log { from: 1e-5 to: 0.1 per_decade: 2 } } })",
      R"(axes { axes { field: "std" linspace { from: 0 to: 1 count: 5 } } })",
      R"(axes { axes { field: "seed" range { from: 3 to: 20 step: 5 } } })",
      R"(axes { axes { field: "scheme" list { values { text: "gaussian" }
                                              values { text: "identity" } } }
                axes { field: "lp" range { from: 2 to: 6 step: 2 } } })",
      R"(axes { axes { field: "standardize" list { values { flag: true }
                                                   values { flag: false } } }
              })",
      R"(axes { axes { field: "steps" list { values { integer: 9 } } } })",
      R"(axes { axes { field: "optimizer.name" list { values { text: "gd" }
                                                      values { text: "adam" } }
              } })",
      R"(axes { axes { field: "rows" log { from: 10 to: 1e4 count: 4 } }
                axes { field: "columns" linspace { from: 2 to: 8 count: 4 } }
                axes { field: "noise" list { values { number: 0.1 }
                                             values { number: 0.1 }
                                             values { integer: 1 }
                                             values { number: 0 } } } })",
  };
  std::shuffle(groups.begin(), groups.end(), *random);
  std::string text;
  const size_t count = (*random)() % 5;
  for (size_t g = 0; g < count; ++g) text += groups[g];
  return Spec(text);
}

void Mutate(std::mt19937_64* random, v1::SweepSpec* spec) {
  const size_t count = 1 + (*random)() % 6;
  for (size_t i = 0; i < count; ++i) MutateOnce(random, spec);
}

}  // namespace fathom::test
