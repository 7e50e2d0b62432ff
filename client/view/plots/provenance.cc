#include "client/view/plots/provenance.h"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/view/plots/pdf_info.h"

namespace fathom::client {
namespace {

constexpr absl::string_view kSvgBegin = "<metadata id=\"fathom\">";
constexpr absl::string_view kSvgEnd = "</metadata>\n";
constexpr absl::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
// tEXt, the keyword and its end.
constexpr absl::string_view kPngBegin("tEXtfathom\0", 11);
constexpr size_t kChunkType = 4;     // Bytes of its length before it.
constexpr size_t kChunkAround = 12;  // Bytes of length, type and checksum.

// A part of a picture, from its first byte to the one after its last.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<char>(number >> shift));
  }
  return bytes;
}

uint32_t ReadBigEndian(absl::string_view bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

// Returns the first chunk at or after `at` whose type and beginning are
// `begin`.
std::optional<Span> FindChunk(absl::string_view png, size_t at,
                              absl::string_view begin) {
  while (at < png.size() && png.size() - at >= kChunkAround) {
    const size_t length = ReadBigEndian(png.substr(at));
    if (png.size() - at - kChunkAround < length) return std::nullopt;
    const Span chunk = {at, at + kChunkAround + length};
    if (absl::StartsWith(png.substr(at + kChunkType), begin)) return chunk;
    at = chunk.end;
  }
  return std::nullopt;
}

std::string Inserted(absl::string_view picture, size_t at,
                     const std::string& text) {
  return absl::StrCat(picture.substr(0, at), text, picture.substr(at));
}

MarkedPicture Removed(absl::string_view bytes, Span span, std::string text) {
  return {std::move(text),
          absl::StrCat(bytes.substr(0, span.begin), bytes.substr(span.end))};
}

absl::Status NoPicture(const char* what) {
  return absl::InvalidArgumentError(
      absl::StrCat("found ", what, ", expected a picture of `fathom plot`"));
}

absl::StatusOr<MarkedPicture> ReadSvg(absl::string_view bytes) {
  const size_t begin = bytes.find(kSvgBegin);
  const size_t end =
      begin == absl::string_view::npos ? begin : bytes.find(kSvgEnd, begin);
  if (end == absl::string_view::npos) return NoPicture("an svg of others");
  const size_t text = begin + kSvgBegin.size();
  return Removed(
      bytes, {begin, end + kSvgEnd.size()},
      absl::StrReplaceAll(bytes.substr(text, end - text),
                          {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}));
}

absl::StatusOr<MarkedPicture> ReadPng(absl::string_view bytes) {
  const std::optional<Span> chunk =
      FindChunk(bytes, kPngSignature.size(), kPngBegin);
  if (!chunk.has_value()) return NoPicture("a png of others");
  const size_t text = chunk->begin + kChunkType + kPngBegin.size();
  if (text + 4 > chunk->end) return NoPicture("a damaged png");
  return Removed(bytes, *chunk,
                 std::string(bytes.substr(text, chunk->end - 4 - text)));
}

absl::StatusOr<MarkedPicture> ReadPdf(absl::string_view bytes) {
  std::optional<PdfWithInfo> found = ReadPdfInfo(bytes);
  if (!found.has_value()) return NoPicture("a pdf of others, or a changed one");
  return MarkedPicture{std::move(found->text), std::move(found->pdf)};
}

}  // namespace

absl::StatusOr<std::string> WithProvenance(PictureFormat format,
                                           absl::string_view picture,
                                           const std::string& text) {
  switch (format) {
    case PictureFormat::kSvg: {
      // Before what is drawn, and after the title where there is one.
      size_t at = picture.find("</title>");
      if (at == absl::string_view::npos) at = picture.find("<svg");
      if (at != absl::string_view::npos) at = picture.find('>', at);
      if (at == absl::string_view::npos) return NoPicture("no svg");
      const std::string escaped = absl::StrReplaceAll(
          text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
      return Inserted(picture, at + 1,
                      absl::StrCat(kSvgBegin, escaped, kSvgEnd));
    }
    case PictureFormat::kPng: {
      const std::optional<Span> header =
          absl::StartsWith(picture, kPngSignature)
              ? FindChunk(picture, kPngSignature.size(), "IHDR")
              : std::nullopt;
      if (!header.has_value()) return NoPicture("no png");
      const std::string chunk = absl::StrCat(kPngBegin, text);
      const auto checksum = static_cast<uint32_t>(
          crc32(0, reinterpret_cast<const Bytef*>(chunk.data()),
                static_cast<uInt>(chunk.size())));
      return Inserted(
          picture, header->end,
          absl::StrCat(
              BigEndian(static_cast<uint32_t>(chunk.size() - kChunkType)),
              chunk, BigEndian(checksum)));
    }
    case PictureFormat::kPdf: {
      std::optional<std::string> marked = WithPdfInfo(picture, text);
      if (!marked.has_value()) return NoPicture("no pdf");
      return *std::move(marked);
    }
  }
  return NoPicture("an unknown format");
}

absl::StatusOr<MarkedPicture> ReadProvenance(absl::string_view bytes) {
  if (absl::StartsWith(bytes, kPngSignature)) return ReadPng(bytes);
  if (absl::StartsWith(bytes, "%PDF-")) return ReadPdf(bytes);
  if (absl::StrContains(bytes.substr(0, 1000), "<svg")) return ReadSvg(bytes);
  return NoPicture("no svg, png or pdf");
}

}  // namespace fathom::client
