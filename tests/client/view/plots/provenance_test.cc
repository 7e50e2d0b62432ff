#include "client/view/plots/provenance.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

// The smallest png, a grey pixel.
const std::string& Png() {
  static const auto* const png = new std::string(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\0\0\0\0\x3a\x7e\x9bU"
      "\0\0\0\nIDATx\x9c\x63\x68\0\0\0\x82\0\x81\xdd\x43j\xf4\0\0\0\0IEND"
      "\xae\x42\x60\x82",
      67);
  return *png;
}

constexpr char kSvg[] =
    "<?xml version=\"1.0\"?>\n<svg width=\"1\">\n<title>a</title><g/></svg>\n";
constexpr char kPdf[] =
    "%PDF-1.5\n1 0 obj\nxref\ntrailer\nstartxref\n17\n%%EOF\n";

TEST(ProvenanceTest, EveryFormatGivesTheTextAndThePictureBack) {
  const std::string text = R"({"command": "fathom plot '<a&b>' \"]]>\""})";
  for (const auto& [format, picture] :
       {std::pair(PictureFormat::kSvg, std::string(kSvg)),
        std::pair(PictureFormat::kPng, Png()),
        std::pair(PictureFormat::kPdf, std::string(kPdf))}) {
    const absl::StatusOr<std::string> marked =
        WithProvenance(format, picture, text);
    ASSERT_OK(marked);
    EXPECT_NE(*marked, picture);
    const absl::StatusOr<MarkedPicture> read = ReadProvenance(*marked);
    ASSERT_OK(read);
    EXPECT_EQ(read->text, text);
    EXPECT_EQ(read->picture, picture);
  }
}

TEST(ProvenanceTest, TheTextOfAnSvgIsNoMarkup) {
  const absl::StatusOr<std::string> marked =
      WithProvenance(PictureFormat::kSvg, kSvg, "</metadata><script>");
  ASSERT_OK(marked);
  EXPECT_EQ(marked->find("<script"), std::string::npos);
  EXPECT_THAT(*marked, HasSubstr("</title><metadata id=\"fathom\">&lt;"));
}

TEST(ProvenanceTest, AChunkOfAPngHasItsLengthAndItsChecksum) {
  const absl::StatusOr<std::string> marked =
      WithProvenance(PictureFormat::kPng, Png(), "a");
  ASSERT_OK(marked);
  // The checksum is that of zlib.crc32(b"tEXtfathom\0a") in Python.
  EXPECT_EQ(marked->substr(33, 20),
            std::string("\0\0\0\x08tEXtfathom\0a\xe7\x41\xee\xf2", 20));
}

TEST(ProvenanceTest, FilesOfOthersAreErrors) {
  for (const std::string& bytes :
       {std::string(), std::string("text"), std::string(kSvg), Png(),
        std::string(kPdf), std::string("%PDF-%fathom:"),
        std::string("<svg><metadata id=\"fathom\">"),
        std::string("\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXtfathom\0", 23),
        std::string("\x89PNG\r\n\x1a\n\0\0\0\x7tEXtfathom", 22)}) {
    EXPECT_THAT(ReadProvenance(bytes),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  for (const PictureFormat format :
       {PictureFormat::kSvg, PictureFormat::kPng, PictureFormat::kPdf}) {
    EXPECT_THAT(WithProvenance(format, "half", "a"),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace fathom::client
