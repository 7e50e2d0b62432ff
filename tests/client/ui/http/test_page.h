#ifndef FATHOM_TESTS_CLIENT_UI_HTTP_TEST_PAGE_H_
#define FATHOM_TESTS_CLIENT_UI_HTTP_TEST_PAGE_H_

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "client/ui/http/page.h"
#include "proto/shared/sha256.h"
#include "zlib.h"

namespace fathom::test {

// A page of a few files, whatever page the program was built with.
class TestPage {
 public:
  explicit TestPage(
      const std::string& index = "<!doctype html><html><title>fathom</title>" +
                                 std::string(500, ' ') + "</html>\n") {
    Add("index.html", "text/html; charset=utf-8", index);
    Add("assets/a.js", "text/javascript; charset=utf-8", "let a = 1;\n");
    Add("icon.svg", "image/svg+xml", "<svg/>\n");
  }

  client::Page page() const {
    return {.files = files_, .digest = "abc", .is_built = true};
  }

 private:
  void Add(const std::string& name, const std::string& type,
           const std::string& text) {
    z_stream stream = {};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
                 Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    const auto keep = [&](std::string kept) {
      texts_.push_back(std::move(kept));
      return texts_.back().data();
    };
    const char* const begin = keep(packed);
    files_.push_back({.name = keep(name),
                      .type = keep(type),
                      .digest = keep(Sha256Hex(text)),
                      .begin = begin,
                      .end = begin + packed.size()});
  }

  std::deque<std::string> texts_;  // Which the files point to.
  std::vector<client::PageFile> files_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_UI_HTTP_TEST_PAGE_H_
