// Request lines, and beginnings of requests, that must be refused.
#pragma once

#include "unit/common/http_cases.h"

namespace postern::cases {

inline constexpr Part bad_beginnings[] = {
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::request_line_bad},
    {"\nGET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::bare_lf},
    {"\rGET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::bare_cr},
    {"\0GET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n"sv, HttpFault::control_byte},
    {"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::method_bad},
    {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, HttpFault::control_byte},  // TLS hello
    {"\x80\x2e\x01\x03\x01"sv, HttpFault::method_bad},                            // SSL 2 hello
    {"SSH-2.0-OpenSSH_9.2\r\n", HttpFault::request_line_bad},
    {"EHLO mail.example\r\n", HttpFault::target_bad},
    {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", HttpFault::target_bad},
    {"\r\n\r\n\x00\r\nQUIT\n"sv, HttpFault::request_line_bad},  // PROXY, version 2
    {"{\"a\": 1}\r\n\r\n", HttpFault::method_bad},
    {"5\r\nhello\r\n0\r\n\r\n", HttpFault::request_line_bad},  // the rest of somebody's body
};

inline constexpr Part bad_head_endings[] = {
    {"GET / HTTP/1.1\nHost: a.corp.example\n\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\n\rHost: a.corp.example\n\r\n\r", HttpFault::bare_lf},
    {"GET / HTTP/1.1\rHost: a.corp.example\r\r", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\n\r\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\n\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\n\rX", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\rX", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\r\n\r\n", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\r\nHost: a.corp.example\r\n\r\n", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\n\nHost: a.corp.example\r\n\r\n", HttpFault::bare_lf},
};

inline constexpr Part second_protocols[] = {
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpFault::target_bad},
    {"PRI * HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::target_bad},
    {"OPTIONS * HTTP/2.0\r\nHost: a.corp.example\r\n\r\n", HttpFault::version_bad},
    {"\x00\x00\x12\x04\x00\x00\x00\x00\x00"sv, HttpFault::control_byte},  // a SETTINGS frame
};

inline constexpr Part missing_hosts[] = {
    {"GET / HTTP/1.1\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.0\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\nX-Host: a.corp.example\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\nHosts: a.corp.example\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\nHost_: a.corp.example\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\nX: y\r\n\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\n Host: a.corp.example\r\n\r\n", HttpFault::obs_fold},
    {"GET / HTTP/1.1\r\nHost : a.corp.example\r\n\r\n", HttpFault::field_name_bad},
    {"GET https://a.corp.example/ HTTP/1.1\r\n\r\n", HttpFault::host_missing},
    {"GET https://a.corp.example/ HTTP/1.0\r\nX-Forwarded-Host: a.corp.example\r\n\r\n", HttpFault::host_missing},
};

inline constexpr Part differing_hosts[] = {
    {"GET https://b.corp.example/ HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://b.corp.example HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://corp.example/ HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://a.corp.example.b/ HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://a.corp.example:444/ HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://a.corp.example:80/ HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
    {"GET https://a.corp.example/ HTTP/1.1\r\nHost: a.corp.example:80\r\n\r\n", HttpFault::host_differs},
    {"OPTIONS https://b.corp.example HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", HttpFault::host_differs},
};

inline constexpr Part old_codings[] = {
    {"POST / HTTP/1.0\r\nHost: a.corp.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HttpFault::coding_bad},
    {"POST / HTTP/1.0\r\nHost: a.corp.example\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     HttpFault::coding_bad},
    {"GET / HTTP/1.0\r\nHost: a.corp.example\r\nTransfer-Encoding: identity\r\n\r\n", HttpFault::coding_bad},
};

inline constexpr Part bad_request_lines[] = {
    {"GET", HttpFault::request_line_bad},
    {"GET ", HttpFault::request_line_bad},
    {"GET  / HTTP/1.1", HttpFault::request_line_bad},
    {"GET /  HTTP/1.1", HttpFault::version_bad},
    {"GET / HTTP/1.1 ", HttpFault::version_bad},
    {"GET / HTTP/1.1  ", HttpFault::version_bad},
    {"GET /\tHTTP/1.1", HttpFault::target_bad},
    {"GET\t/ HTTP/1.1", HttpFault::method_bad},
    {"GET / HTTP/1.1 HTTP/1.1", HttpFault::version_bad},
    {"GET\x0b/ HTTP/1.1", HttpFault::control_byte},
    {"GET\x0c/ HTTP/1.1", HttpFault::control_byte},
    {"GET\xa0/ HTTP/1.1", HttpFault::method_bad},
    {"GET / GET / HTTP/1.1", HttpFault::version_bad},
    {"HTTP/1.1 200 OK", HttpFault::method_bad},
    {"GET / HTTP/1.1\rX", HttpFault::bare_cr},
    {"GET / HTTP/1.1\nX", HttpFault::bare_lf},
};

inline constexpr Part bad_methods[] = {
    {" GET / HTTP/1.1", HttpFault::method_bad},
    {"\tGET / HTTP/1.1", HttpFault::method_bad},
    {" / HTTP/1.1", HttpFault::method_bad},
    {"GET/ / HTTP/1.1", HttpFault::method_bad},
    {"G(T / HTTP/1.1", HttpFault::method_bad},
    {"G\"T / HTTP/1.1", HttpFault::method_bad},
    {"G@T / HTTP/1.1", HttpFault::method_bad},
    {"GET: / HTTP/1.1", HttpFault::method_bad},
    {"GET, / HTTP/1.1", HttpFault::method_bad},
    {"GET,POST / HTTP/1.1", HttpFault::method_bad},
    {"G\xe9T / HTTP/1.1", HttpFault::method_bad},
    {"{} / HTTP/1.1", HttpFault::method_bad},
    {"G=T / HTTP/1.1", HttpFault::method_bad},
    {"GET\0 / HTTP/1.1"sv, HttpFault::control_byte},
    {"G\x7fT / HTTP/1.1", HttpFault::control_byte},
    {"GETGETGETGETGETGETGETGETGETGETGET / HTTP/1.1", HttpFault::method_bad},  // 33 bytes
    {"CONNECT a.corp.example:443 HTTP/1.1", HttpFault::method_bad},
    {"CONNECT / HTTP/1.1", HttpFault::method_bad},
    {"CONNECT https://a.corp.example/ HTTP/1.1", HttpFault::method_bad},
};

inline constexpr Part bad_targets[] = {
    {"GET a.corp.example:443 HTTP/1.1", HttpFault::target_bad},
    {"GET a HTTP/1.1", HttpFault::target_bad},
    {"GET index.html HTTP/1.1", HttpFault::target_bad},
    {"GET ?x HTTP/1.1", HttpFault::target_bad},
    {"GET . HTTP/1.1", HttpFault::target_bad},
    {"GET %2F HTTP/1.1", HttpFault::target_bad},
    {"GET * HTTP/1.1", HttpFault::target_bad},
    {"POST * HTTP/1.1", HttpFault::target_bad},
    {"OPTIONS ** HTTP/1.1", HttpFault::target_bad},
    {"OPTIONS */ HTTP/1.1", HttpFault::target_bad},
    {"OPTIONS *?x HTTP/1.1", HttpFault::target_bad},
    {"options * HTTP/1.1", HttpFault::target_bad},
    {"GET \\ HTTP/1.1", HttpFault::target_bad},
    {"GET \"/\" HTTP/1.1", HttpFault::target_bad},
    {"GET </> HTTP/1.1", HttpFault::target_bad},
    {"GET \xef\xbc\x8f HTTP/1.1", HttpFault::target_bad},
};

inline constexpr Part fragments_in_targets[] = {
    {"GET /#x HTTP/1.1", HttpFault::target_bad},
    {"GET /# HTTP/1.1", HttpFault::target_bad},
    {"GET /a# HTTP/1.1", HttpFault::target_bad},
    {"GET /a?b#c HTTP/1.1", HttpFault::target_bad},
    {"GET # HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example/#x HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example#x HTTP/1.1", HttpFault::target_bad},
};

inline constexpr Part blanks_in_targets[] = {
    {"GET /a b HTTP/1.1", HttpFault::version_bad},
    {"GET /a?b c HTTP/1.1", HttpFault::version_bad},
    {"GET / a HTTP/1.1", HttpFault::version_bad},
    {"GET /a\tb HTTP/1.1", HttpFault::target_bad},
    {"GET /a?b\tc HTTP/1.1", HttpFault::target_bad},
    {"GET /a\x0b" "b HTTP/1.1", HttpFault::control_byte},
    {"GET /a\rb HTTP/1.1", HttpFault::bare_cr},
    {"GET /a\nb HTTP/1.1", HttpFault::bare_lf},
    {"GET /a\r\nb HTTP/1.1", HttpFault::request_line_bad},
};

inline constexpr Part backslashes_in_targets[] = {
    {"GET /\\ HTTP/1.1", HttpFault::target_bad},
    {"GET /a\\b HTTP/1.1", HttpFault::target_bad},
    {"GET /..\\..\\x HTTP/1.1", HttpFault::target_bad},
    {"GET /a?b=\\ HTTP/1.1", HttpFault::target_bad},
    {"GET /\\evil.example HTTP/1.1", HttpFault::target_bad},
};

inline constexpr Part foreign_bytes_in_targets[] = {
    {"GET /\xc3\xa9 HTTP/1.1", HttpFault::target_bad},
    {"GET /?q=\xc3\xa9 HTTP/1.1", HttpFault::target_bad},
    {"GET /\x80 HTTP/1.1", HttpFault::target_bad},
    {"GET /\xff HTTP/1.1", HttpFault::target_bad},
    {"GET /\xc0\xaf HTTP/1.1", HttpFault::target_bad},
    {"GET /a\xc2\xa0HTTP/1.1", HttpFault::target_bad},
    {"GET /\x7f HTTP/1.1", HttpFault::control_byte},
    {"GET /\0 HTTP/1.1"sv, HttpFault::control_byte},
    {"GET /a\0b HTTP/1.1"sv, HttpFault::control_byte},
    {"GET /\x01 HTTP/1.1", HttpFault::control_byte},
    {"GET /?\x1b HTTP/1.1", HttpFault::control_byte},
};

inline constexpr Part bad_escapes[] = {
    {"GET /% HTTP/1.1", HttpFault::target_bad},
    {"GET /%1 HTTP/1.1", HttpFault::target_bad},
    {"GET /%g0 HTTP/1.1", HttpFault::target_bad},
    {"GET /%0g HTTP/1.1", HttpFault::target_bad},
    {"GET /%%41 HTTP/1.1", HttpFault::target_bad},
    {"GET /%u0041 HTTP/1.1", HttpFault::target_bad},
    {"GET /a%?b HTTP/1.1", HttpFault::target_bad},
    {"GET /a%2?b HTTP/1.1", HttpFault::target_bad},
    {"GET /%-1 HTTP/1.1", HttpFault::target_bad},
    {"GET /%+f HTTP/1.1", HttpFault::target_bad},
    {"GET /%\xc3\xa9 HTTP/1.1", HttpFault::target_bad},
};

inline constexpr Part bad_absolute_targets[] = {
    {"GET h HTTP/1.1", HttpFault::target_bad},
    {"GET https: HTTP/1.1", HttpFault::target_bad},
    {"GET https:/a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https:a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https:// HTTP/1.1", HttpFault::target_bad},
    {"GET https:/// HTTP/1.1", HttpFault::target_bad},
    {"GET https://? HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example?x HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example\\@b/ HTTP/1.1", HttpFault::target_bad},
    {"GET https:\\\\a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://u@a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://u:p@a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example@b.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example:/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example:0/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a.corp.example:65536/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a..corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://[::1]/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://10.1.2.3/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://2130706433/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://%61.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET http://a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET ftp://a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET ws://a.corp.example/ HTTP/1.1", HttpFault::target_bad},
    {"GET file:///etc/passwd HTTP/1.1", HttpFault::target_bad},
    {"GET javascript:alert(1) HTTP/1.1", HttpFault::target_bad},
    {"GET httpsx://a.corp.example/ HTTP/1.1", HttpFault::target_bad},
};

inline constexpr Part old_versions[] = {
    {"GET /", HttpFault::request_line_bad},  // HTTP/0.9
    {"GET / ", HttpFault::version_bad},
    {"GET /\r\n", HttpFault::request_line_bad},
    {"GET / HTTP/0.9", HttpFault::version_bad},
};

inline constexpr Part bad_versions[] = {
    {"GET / HTTP", HttpFault::version_bad},
    {"GET / HTTP/", HttpFault::version_bad},
    {"GET / HTTP/1", HttpFault::version_bad},
    {"GET / HTTP/1.", HttpFault::version_bad},
    {"GET / HTTP/.1", HttpFault::version_bad},
    {"GET / HTTP/1.2", HttpFault::version_bad},
    {"GET / HTTP/1.9", HttpFault::version_bad},
    {"GET / HTTP/1.10", HttpFault::version_bad},
    {"GET / HTTP/1.01", HttpFault::version_bad},
    {"GET / HTTP/1.1.", HttpFault::version_bad},
    {"GET / HTTP/1.1.1", HttpFault::version_bad},
    {"GET / HTTP/01.1", HttpFault::version_bad},
    {"GET / HTTP/11.1", HttpFault::version_bad},
    {"GET / HTTP/2.0", HttpFault::version_bad},
    {"GET / HTTP/2", HttpFault::version_bad},
    {"GET / HTTP/3.0", HttpFault::version_bad},
    {"GET / HTTP/1,1", HttpFault::version_bad},
    {"GET / HTTP/1:1", HttpFault::version_bad},
    {"GET / HTTP /1.1", HttpFault::version_bad},
    {"GET / HTTP/ 1.1", HttpFault::version_bad},
    {"GET / HTTP/1. 1", HttpFault::version_bad},
    {"GET / HTTP/+1.1", HttpFault::version_bad},
    {"GET / HTTP/-1.1", HttpFault::version_bad},
    {"GET / HTTP/1.\xb9", HttpFault::version_bad},
    {"GET / http/1.1", HttpFault::version_bad},
    {"GET / Http/1.1", HttpFault::version_bad},
    {"GET / HTTPS/1.1", HttpFault::version_bad},
    {"GET / HTTP/1.1\t", HttpFault::version_bad},
    {"GET / HTTP/1.1;x", HttpFault::version_bad},
    {"GET / ICY/1.1", HttpFault::version_bad},
    {"GET / RTSP/1.0", HttpFault::version_bad},
};

inline constexpr Family refused_line_families[] = {
    {"beginning", Place::head, bad_beginnings},
    {"bare CR or LF around the head", Place::head, bad_head_endings},
    {"HTTP/2", Place::head, second_protocols},
    {"Host missing", Place::head, missing_hosts},
    {"absolute form that differs from Host", Place::head, differing_hosts},
    {"Transfer-Encoding in HTTP/1.0", Place::head, old_codings},
    {"request line", Place::start_line, bad_request_lines},
    {"method", Place::start_line, bad_methods},
    {"target", Place::start_line, bad_targets},
    {"target with a fragment", Place::start_line, fragments_in_targets},
    {"target with a blank", Place::start_line, blanks_in_targets},
    {"target with a backslash", Place::start_line, backslashes_in_targets},
    {"target with other bytes", Place::start_line, foreign_bytes_in_targets},
    {"target with a bad escape", Place::start_line, bad_escapes},
    {"absolute form", Place::start_line, bad_absolute_targets},
    {"HTTP/0.9", Place::start_line, old_versions},
    {"version", Place::start_line, bad_versions},
};

}  // namespace postern::cases
