#include "client/view/plots/provenance.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/plots/pdf_info.h"
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
    "%PDF-1.5\n1 0 obj\nxref\n0 1\ntrailer\n<< /Size 14 /Root 13 0 R >>\n"
    "startxref\n17\n%%EOF\n";

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

TEST(ProvenanceTest, APdfHasItsTextInItsDocumentInformation) {
  const absl::StatusOr<std::string> marked =
      WithProvenance(PictureFormat::kPdf, kPdf, "{\"a\": \"(\\)\"}");
  ASSERT_OK(marked);
  // What was there stays where it is, and the new cross-reference names the
  // old one and the place of the new object.
  EXPECT_EQ(marked->substr(0, sizeof(kPdf) - 1), kPdf);
  EXPECT_THAT(*marked, HasSubstr("/fathom ({\"a\": \"\\(\\\\\\)\"})"));
  EXPECT_THAT(*marked, HasSubstr("/Info 14 0 R\n   /Prev 17\n"));
  EXPECT_THAT(*marked, HasSubstr("/Size 15\n   /Root 13 0 R"));
  const size_t object = marked->find("14 0 obj");
  EXPECT_THAT(*marked, HasSubstr(absl::StrFormat(
                           "xref\n14 1\n%010d 00000 n \ntrailer", object)));
  const size_t table = marked->rfind("xref\n14 1");
  EXPECT_THAT(*marked,
              HasSubstr(absl::StrCat("startxref\n", table, "\n%%EOF\n")));
}

TEST(ProvenanceTest, APdfWithStreamsOfCrossReferencesGetsAnotherOne) {
  const std::string pdf =
      "%PDF-1.5\n1 0 obj\n13 0 obj\n<< /Type /XRef /Size 14 /Root 13 0 R "
      ">>\nstream\n\nendstream\nstartxref\n17\n%%EOF\n";
  const absl::StatusOr<std::string> marked =
      WithProvenance(PictureFormat::kPdf, pdf, "a");
  ASSERT_OK(marked);
  EXPECT_THAT(*marked, HasSubstr("15 0 obj\n<< /Type /XRef\n   /Size 16\n"));
  EXPECT_THAT(*marked, HasSubstr("/Index [14 2]"));
  EXPECT_EQ(ReadProvenance(*marked)->picture, pdf);
}

TEST(ProvenanceTest, APdfWithSomethingAddedIsNoPictureOfOurs) {
  const std::string marked = *WithProvenance(PictureFormat::kPdf, kPdf, "a");
  EXPECT_OK(ReadProvenance(marked));
  EXPECT_FALSE(ReadProvenance(marked + "15 0 obj\n").ok());
}

TEST(PdfDateTest, IsThatOfTheEnvironmentAndNotOfTheClock) {
  const std::string before = "a /CreationDate (D:20261130084715Z) b";
  std::string pdf = before;
  unsetenv("SOURCE_DATE_EPOCH");
  SetPdfDate(&pdf);
  EXPECT_EQ(pdf, "a /CreationDate (D:19700101000000Z) b");
  setenv("SOURCE_DATE_EPOCH", "86400", 1);
  SetPdfDate(&pdf);
  EXPECT_EQ(pdf, "a /CreationDate (D:19700102000000Z) b");
  for (const char* wrong : {"-1", "soon", "99999999999999"}) {
    setenv("SOURCE_DATE_EPOCH", wrong, 1);
    pdf = before;
    SetPdfDate(&pdf);
    EXPECT_EQ(pdf.size(), before.size()) << wrong;
  }
  unsetenv("SOURCE_DATE_EPOCH");
}

TEST(ProvenanceTest, FilesOfOthersAreErrors) {
  for (const std::string& bytes :
       {std::string(), std::string("text"), std::string(kSvg), Png(),
        std::string(kPdf), std::string("%PDF-%fathom update\n/fathom (a"),
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
