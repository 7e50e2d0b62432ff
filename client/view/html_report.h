#ifndef FATHOM_CLIENT_VIEW_HTML_REPORT_H_
#define FATHOM_CLIENT_VIEW_HTML_REPORT_H_

#include <string>
#include <utility>
#include <vector>

namespace fathom::client {

// A report of a sweep, independent of its form. All texts are plain: whoever
// writes them need not escape anything.
struct HtmlReport {
  struct Part {
    std::string heading = {};
    std::string command = {};  // What shows the same; may be empty.
    std::string text = {};     // Laid out in lines, as on a terminal.
    std::vector<std::pair<std::string, std::string>> facts = {};
    // Pictures, each an svg document that we drew.
    std::vector<std::string> pictures = {};
  };

  std::string title = {};
  std::string subtitle = {};
  std::vector<std::string> findings = {};  // A sentence each.
  std::vector<Part> parts = {};
};

// Returns the report as one HTML document that needs nothing else: no script,
// no network, and a policy in it that forbids both. It is readable in light and
// dark, on paper and on a phone.
std::string RenderHtml(const HtmlReport& report);

// Returns `text` as text of an HTML or XML document, quotes included. Control
// characters, and characters that change the direction of what follows, are
// shown as they are in tables.
std::string HtmlText(const std::string& text);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_HTML_REPORT_H_
