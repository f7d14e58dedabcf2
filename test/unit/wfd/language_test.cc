#include "wfd/language.h"

#include <vector>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::vector<std::string> tags = {"en", "de", "fr", "pt-br", "zh-hant"};

std::string chosen(std::string_view accept, std::size_t otherwise = 0) { return tags[choose_language(accept, tags, otherwise)]; }

}  // namespace

TEST_CASE("the best language is chosen", "[language]") {
  struct Row { std::string_view accept, tag; };
  for (const Row& row :
       {Row{"", "en"}, Row{"de", "de"}, Row{"DE", "de"}, Row{"de-AT", "de"}, Row{"de-DE-1996,en;q=0.9", "de"},
        Row{"de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"}, Row{"en-US,en;q=0.9,de;q=0.8", "en"}, Row{"en;q=0.5,de;q=0.6", "de"},
        Row{"fr;q=0.001,nl", "fr"}, Row{"nl, fr ; q=0.5 , de\t;\tq=0.6", "de"}, Row{"fr,de", "fr"}, Row{"de,fr", "de"},
        Row{"fr;q=0.5,de;q=0.50", "fr"}, Row{"de;Q=1.000,fr", "de"}, Row{"de;q=0.", "en"}, Row{"fr;q=1.", "fr"},
        Row{"pt", "pt-br"}, Row{"pt-BR", "pt-br"}, Row{"pt-PT", "en"}, Row{"zh-Hant-TW", "zh-hant"}, Row{"zh", "zh-hant"},
        Row{"zh-Hans", "en"}, Row{"nl", "en"}, Row{"nl,sv;q=0.1", "en"}, Row{"*", "en"}, Row{"*,de;q=0.9", "en"},
        Row{"en;q=0", "en"}, Row{"en;q=0,*", "de"}, Row{"*;q=0.5,en;q=0", "de"}, Row{"en;q=0.1,*;q=0.5", "de"}, Row{"en;q=0,de;q=0,*;q=0.1", "fr"},
        Row{"de;q=0,de-AT", "en"}, Row{"de-CH;q=0,de", "de"}, Row{"*;q=0", "en"}, Row{"*;q=0,de;q=0.1", "de"}, Row{"d", "en"}, Row{"deu", "en"},
        Row{",,de,,", "de"}, Row{" de ", "de"}, Row{"e,de", "de"}, Row{"i-klingon,x-private-use,de", "de"}}) {
    INFO(row.accept);
    CHECK(chosen(row.accept) == row.tag);
  }
  CHECK(chosen("nl", 2) == "fr");
  CHECK(chosen("*", 2) == "fr");
  CHECK(choose_language("de", {}, 0) == 0);
}

TEST_CASE("a field that breaks the grammar says nothing at all", "[language]") {
  for (const std::string& accept :
       std::vector<std::string>{"de;", "de;q", "de;q=", "de;q=2", "de;q=1.1", "de;q=1.001", "de;q=0.1234", "de;q=-0", "de;q=+1", "de;q=.5", "de;q=00", "de;q=01",
        "de;q=0,5", "de;q=0x1", "de;q= 1", "de;q =1", "de;q=1;q=1", "de;level=1", "de;level=1;q=1", "de;;q=1", "de q=1", "de fr",
        "de-", "-de", "de--at", "de_AT", "d3", "1", "deutschland", "de-deutschland", "*-de", "de-*", "**", "d\xc3\xa9", "\"de\"", "de/fr", ";q=1",
        "de;q=1.0000", "de;q=1e0", "de,fr;q=nan", "de, ;", std::string("de\0", 3), "de\x01", std::string(max_accept_language, ',') + "de",
        "de-" + std::string(9, 'a')}) {
    INFO(accept);
    CHECK(chosen(accept, 2) == "fr");
    CHECK(chosen(accept + ",en", 2) == "fr");
  }
}

TEST_CASE("a field of too many ranges is not read", "[language]") {
  std::string accept = "de";
  for (std::size_t i = 1; i < max_language_ranges; ++i) accept += ",nl";
  CHECK(chosen(accept) == "de");
  CHECK(chosen(accept + ",nl") == "en");
}

TEST_CASE("several fields are one list", "[language]") {
  const auto of = [](const std::string& lines) {
    const auto request = get(lines);
    return tags[choose_language(accept_language(request->head.fields), tags, 0)];
  };
  CHECK(of("") == "en");
  CHECK(of("Accept-Language: de\r\n") == "de");
  CHECK(of("Accept-Language: fr;q=0.5\r\nX: y\r\naccept-language: de;q=0.6\r\n") == "de");
  CHECK(of("Accept-Language: de\r\nAccept-Language: de;\r\n") == "en");
  CHECK(of("Accept-Language:\r\nAccept-Language: de\r\n") == "de");
  CHECK(of("Accept-Language: de\r\nAccept-Language: " + std::string(max_accept_language, ',') + "\r\n") == "en");
  CHECK(of("X-Accept-Language: de\r\n") == "en");
}

TEST_CASE("a tag is small letters, subtags of a language", "[language]") {
  for (const std::string_view good : {"en", "de", "pt-br", "zh-hant", "ast", "de-1996"}) CHECK(is_language_tag(good));
  for (const std::string_view bad : {"", "e", "EN", "english", "en-", "-en", "en_us", "en-US", "*", "en.bak", "e1", "en~", "en-aaaaaaaaa", "en-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a"})
    CHECK_FALSE(is_language_tag(bad));
}
