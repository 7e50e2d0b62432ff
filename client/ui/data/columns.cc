#include "client/ui/data/columns.h"

#include <bit>
#include <cstring>
#include <utility>

#include "client/ui/data/number_json.h"

namespace fathom::client {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are copied as they are in memory");

constexpr size_t kAlign = 8;

size_t Padding(size_t size) { return (kAlign - size % kAlign) % kAlign; }

}  // namespace

void Columns::AddBytes(absl::string_view name, const char* type, size_t length,
                       const void* bytes, size_t size) {
  list_.push_back(
      {{"name", std::string(name)}, {"type", type}, {"length", length}});
  if (size > 0) bytes_.append(static_cast<const char*>(bytes), size);
  bytes_.append(Padding(size), '\0');
}

void Columns::Add(absl::string_view name, absl::Span<const double> values) {
  AddBytes(name, "f64", values.size(), values.data(),
           values.size() * sizeof(double));
}

void Columns::Add(absl::string_view name, absl::Span<const int32_t> values) {
  AddBytes(name, "i32", values.size(), values.data(),
           values.size() * sizeof(int32_t));
}

void Columns::Add(absl::string_view name, absl::Span<const uint32_t> values) {
  AddBytes(name, "u32", values.size(), values.data(),
           values.size() * sizeof(uint32_t));
}

void Columns::Add(absl::string_view name, absl::Span<const uint8_t> values) {
  AddBytes(name, "u8", values.size(), values.data(), values.size());
}

std::string Columns::Finish(nlohmann::ordered_json header) {
  header["columns"] = std::move(list_);
  std::string text = PageText(header);
  text.append(Padding(sizeof(uint32_t) + text.size()), ' ');
  const auto length = static_cast<uint32_t>(text.size());
  std::string answer(sizeof(length), '\0');
  std::memcpy(answer.data(), &length, sizeof(length));
  answer += text;
  answer += bytes_;
  return answer;
}

}  // namespace fathom::client
