#include "client/view/html_report.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

// The policy lets the styles of this document and its pictures in, and nothing
// else: even a text that got through unescaped could load and run nothing.
constexpr char kHead[] = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>
:root {
  --page: #fbfbf9; --card: #ffffff; --ink: #1d2129; --soft: #5b6270;
  --line: #dfe1e6; --accent: #31688e; --code: #f3f4f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1c1f25; --ink: #e6e8ec; --soft: #a3aab8;
    --line: #343944; --accent: #7fc4d9; --code: #252932;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.2rem; }
.subtitle { margin: .35rem 0 1.5rem; color: var(--soft); }
.findings {
  margin: 0 0 2rem; padding: .9rem 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-left: 4px solid var(--accent);
  border-radius: 6px;
}
.findings p { margin: .3rem 0; }
.findings .lead { font-weight: 600; }
section {
  margin: 0 0 1.5rem; padding: 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px;
}
pre, code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: 0; overflow-x: auto; }
.command {
  margin: 1rem 0 0; padding: .55rem .8rem; background: var(--code);
  border-radius: 4px; color: var(--soft); overflow-x: auto; white-space: pre;
}
figure { margin: 0 0 1rem; overflow-x: auto; background: #fff; border-radius: 4px; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  figure svg { max-width: none; width: 38rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f3f3f3; }
  main { max-width: none; padding: 0; }
  section { border: 0; padding: 0; }
  h2 { break-after: avoid-page; }
  figure { break-inside: avoid-page; }
  figure svg { max-width: 100%; }
  pre, .command { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 10px; }
}
</style>
)html";

// Returns a picture as an element of a document. Pictures of gnuplot name their
// parts alike, and a name may stand for one thing only in a document.
std::string Inline(absl::string_view svg, size_t number) {
  const size_t begin = svg.find("<svg");
  if (begin == absl::string_view::npos) return "";
  const std::string prefix = absl::StrCat("p", number, "-");
  constexpr size_t kTagLength = sizeof("<svg") - 1;
  // Screen readers say the title instead of every tick.
  const std::string picture =
      absl::StrCat("<svg role=\"img\"", svg.substr(begin + kTagLength));
  return absl::StrReplaceAll(picture,
                             {{" id=\"", absl::StrCat(" id=\"", prefix)},
                              {" id='", absl::StrCat(" id='", prefix)},
                              {"href='#", absl::StrCat("href='#", prefix)},
                              {"href=\"#", absl::StrCat("href=\"#", prefix)},
                              {"url(#", absl::StrCat("url(#", prefix)}});
}

std::string PartHtml(const HtmlReport::Part& part, size_t* pictures) {
  std::string html =
      absl::StrCat("<section>\n<h2>", HtmlText(part.heading), "</h2>\n");
  for (const std::string& svg : part.pictures) {
    // Who has no mouse scrolls a wide picture by keys.
    absl::StrAppend(&html, "<figure tabindex=\"0\">", Inline(svg, ++*pictures),
                    "</figure>\n");
  }
  if (!part.text.empty()) {
    absl::StrAppend(&html, "<pre tabindex=\"0\">", HtmlText(part.text),
                    "</pre>\n");
  }
  if (!part.facts.empty()) {
    html += "<dl>\n";
    for (const auto& [name, value] : part.facts) {
      absl::StrAppend(&html, "<dt>", HtmlText(name), "</dt><dd>",
                      HtmlText(value), "</dd>\n");
    }
    html += "</dl>\n";
  }
  if (!part.command.empty()) {
    absl::StrAppend(&html, "<div class=\"command\"><code>",
                    HtmlText(part.command), "</code></div>\n");
  }
  return html + "</section>\n";
}

}  // namespace

std::string HtmlText(const std::string& text) {
  // Printable() shows line breaks as well, which here are those of a layout.
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    lines.push_back(Printable(std::string(line)));
  }
  return absl::StrReplaceAll(absl::StrJoin(lines, "\n"), {{"&", "&amp;"},
                                                          {"<", "&lt;"},
                                                          {">", "&gt;"},
                                                          {"\"", "&quot;"},
                                                          {"'", "&#39;"}});
}

std::string RenderHtml(const HtmlReport& report) {
  std::string html = absl::StrCat(
      kHead, "<title>", HtmlText(report.title), "</title>\n</head>\n<body>\n",
      "<main>\n<h1>", HtmlText(report.title), "</h1>\n<p class=\"subtitle\">",
      HtmlText(report.subtitle), "</p>\n");
  if (!report.findings.empty()) {
    html += "<div class=\"findings\">\n";
    for (const std::string& finding : report.findings) {
      // What stands below a heading is indented.
      const bool lead = !absl::StartsWith(finding, " ");
      absl::StrAppend(&html, lead ? "<p class=\"lead\">" : "<p>",
                      HtmlText(finding), "</p>\n");
    }
    html += "</div>\n";
  }
  size_t pictures = 0;
  for (const HtmlReport::Part& part : report.parts) {
    html += PartHtml(part, &pictures);
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace fathom::client
