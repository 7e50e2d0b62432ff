#ifndef FATHOM_CLIENT_UI_DATA_COLUMNS_H_
#define FATHOM_CLIENT_UI_DATA_COLUMNS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// The content type of the answers that Columns writes.
inline constexpr char kColumnsType[] = "application/vnd.fathom.columns";

// Builds an answer of numbers that a browser reads without parsing: a JSON
// header after its length, then the columns one after the other, little-endian,
// each at a multiple of 8 bytes. The header has the key "columns": the name,
// the type and the length of each.
//
// Not thread-safe.
class Columns {
 public:
  // These methods append a column, whose name must be UTF-8.
  void Add(absl::string_view name, absl::Span<const double> values);
  void Add(absl::string_view name, absl::Span<const int32_t> values);
  void Add(absl::string_view name, absl::Span<const uint32_t> values);
  void Add(absl::string_view name, absl::Span<const uint8_t> values);

  // Returns the answer with this header, an object. To be called once, last.
  std::string Finish(nlohmann::ordered_json header);

 private:
  void AddBytes(absl::string_view name, const char* type, size_t length,
                const void* bytes, size_t size);

  nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
  std::string bytes_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_COLUMNS_H_
