#include "client/view/html_report.h"

#include <string>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert(\"1\")</script>&'";
constexpr char kShown[] =
    "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;";

TEST(HtmlReportTest, NoTextBecomesMarkupWhereverItStands) {
  const HtmlReport report = {.title = kHostile,
                             .subtitle = kHostile,
                             .findings = {kHostile},
                             .parts = {{.heading = kHostile,
                                        .command = kHostile,
                                        .text = kHostile,
                                        .facts = {{kHostile, kHostile}}}}};
  const std::string html = RenderHtml(report);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  int shown = 0;
  for (size_t at = html.find(kShown); at != std::string::npos;
       at = html.find(kShown, at + 1)) {
    ++shown;
  }
  EXPECT_EQ(shown, 9);  // The title is there twice.
}

TEST(HtmlReportTest, ControlCharactersAreShownAndLinesStay) {
  EXPECT_EQ(HtmlText("a\nb\x1b[1m"), "a\nb\\x1b[1m");
  EXPECT_THAT(HtmlText("a\u202eb"), Not(HasSubstr("\u202e")));
}

TEST(HtmlReportTest, NothingIsLoadedAndNothingRuns) {
  const std::string html = RenderHtml({.title = "t"});
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  for (const char* word : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(word))) << word;
  }
}

TEST(HtmlReportTest, FindingsBelowAHeadingAreIndented) {
  const std::string html =
      RenderHtml({.title = "t", .findings = {"heading", "  finding"}});
  EXPECT_THAT(html, HasSubstr("<p class=\"lead\">heading</p>\n<p>  finding"));
}

TEST(HtmlReportTest, PicturesOfOnePageDoNotShareNames) {
  const std::string svg =
      "<?xml version=\"1.0\"?>\n<svg><g id=\"a\"/><use xlink:href='#a'/>"
      "<b id='b'/><use href=\"#a\"/><path clip-path=\"url(#a)\"/></svg>";
  const std::string html = RenderHtml(
      {.title = "t", .parts = {{.heading = "h", .pictures = {svg, svg}}}});
  EXPECT_THAT(html, Not(HasSubstr("<?xml")));
  EXPECT_THAT(
      html,
      HasSubstr("<svg role=\"img\"><g id=\"p1-a\"/><use xlink:href='#p1-a'/>"
                "<b id='p1-b'/>"
                "<use href=\"#p1-a\"/>"
                "<path clip-path=\"url(#p1-a)\"/></svg>"));
  EXPECT_THAT(html, HasSubstr("<g id=\"p2-a\"/>"));
}

}  // namespace
}  // namespace fathom::client
