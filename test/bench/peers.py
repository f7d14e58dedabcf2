"""The servers that Postern is measured against, each set up for the same work: TLS 1.3,
HTTP/1.1, the session cookie looked up at every request, a kept-alive plain upstream, one
line a request to the system log.  A peer is a name, files to be written, and the commands
that run it in the foreground; `@word@` in a file is filled in by bench.py."""

# A location with a proxy_set_header of its own inherits none: without Connection there, too,
# nginx would dial its upstream anew for each request.
NGINX = """
user www-data;
daemon off;
worker_processes 1;
pid @dir@/pid;
error_log @dir@/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 19000; multi_accept on; }
http {
  log_format line 'id=$request_id src=$remote_addr host=$host user=$session method=$request_method '
                  'target=$request_uri status=$status in=$request_length out=$body_bytes_sent ms=$request_time';
  access_log syslog:server=unix:@log@ line;
  keepalive_requests 1000000;
  keepalive_timeout 600s;
  client_max_body_size 0;
  client_body_temp_path @dir@/b; proxy_temp_path @dir@/p; fastcgi_temp_path @dir@/f;
  uwsgi_temp_path @dir@/u; scgi_temp_path @dir@/s;
  @lookup@
  upstream sink { server @sink@; keepalive 16; }
  upstream inside { server @upstream@; @kept@ }
  ssl_protocols TLSv1.3;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_request_buffering off;
  @sites@
  server {
    listen @plain@ backlog=4096;
    keepalive_timeout 0;
    location / { return 301 https://$host$request_uri; }
  }
}
"""
NGINX_SITE = """
  server {
    listen @at@ ssl;
    server_name @kind@.corp.example;
    ssl_certificate @certs@/@kind@.pem;
    ssl_certificate_key @certs@/@kind@.key;
    location /up { if ($http_cookie = "") { return 401; } proxy_pass http://sink; }
    @location@
  }
"""
LOGIN = "https://login.corp.example/login?host=$host&path=$request_uri"
MAP_LOOKUP = 'map $cookie_SessionID $session { default ""; "@cookie@" "alice"; }'
MAP_LOCATION = """
    location / {
      if ($session = "") { return 302 %s; }
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-User $session;
      proxy_pass http://inside;
    }
""" % LOGIN
AUTH_LOOKUP = "upstream service { server unix:@dir@/service.sock; @kept-service@ }"
AUTH_LOCATION = """
    set $session -;
    location = /-ask {
      internal;
      proxy_pass http://service;
      proxy_pass_request_body off;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
    }
    location @login { return 302 %s; }
    location / {
      auth_request /-ask;
      auth_request_set $session $upstream_http_x_user;
      error_page 401 = @login;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-User $session;
      proxy_pass http://inside;
    }
""" % LOGIN
AUTH_SERVICE = """
user www-data;
daemon off;
worker_processes 1;
pid @dir@/service.pid;
error_log @dir@/service.log;
events { worker_connections 10000; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path @dir@/sb; proxy_temp_path @dir@/sp; fastcgi_temp_path @dir@/sf;
  uwsgi_temp_path @dir@/su; scgi_temp_path @dir@/ss;
  map $cookie_SessionID $session { default ""; "@cookie@" "alice"; }
  server {
    listen unix:@dir@/service.sock;
    location / {
      if ($session = "") { return 401; }
      add_header X-User $session;
      return 204;
    }
  }
}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9800
  log @log@ len 1024 daemon info
  ssl-default-bind-options ssl-min-ver TLSv1.3
  tune.ssl.cachesize 20000
defaults
  mode http
  log global
  timeout client 600s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 600s
  http-reuse safe
frontend secure
  bind @at@ ssl crt @dir@/ec.pem crt @dir@/rsa.pem backlog 4096
  option httplog
  http-request set-var(txn.user) req.cook(SessionID),map_str(@dir@/sessions)
  http-request redirect location https://login.corp.example/login?host=%[req.hdr(host)]&path=%[path] code 302 unless { var(txn.user) -m found }
  http-request set-header X-User %[var(txn.user)]
  use_backend sink if { path /up }
  default_backend inside
frontend plain
  bind @plain@ backlog 4096
  option httplog
  option httpclose
  http-request redirect scheme https code 301
backend inside
  server one @upstream@ maxconn 1000
backend sink
  server one @sink@
"""

APACHE = """
ServerRoot @dir@
PidFile @dir@/pid
ServerName bench
User www-data
Group www-data
ErrorLog @dir@/error.log
Listen @at@
Listen @plain@
@mpm@
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
SSLSessionCache shmcb:@dir@/sessions(5120000)
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 600
Timeout 600
LogFormat "src=%a host=%V method=%m target=%U status=%>s in=%I out=%B ms=%D" line
CustomLog "|/usr/bin/logger -u @log@ -d -t apache2" line
@sites@
<VirtualHost @plain@>
  KeepAlive Off
  RewriteEngine On
  RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
</VirtualHost>
"""
APACHE_SITE = """
<VirtualHost @at@>
  ServerName @kind@.corp.example
  SSLEngine On
  SSLProtocol TLSv1.3
  SSLCertificateFile @certs@/@kind@.pem
  SSLCertificateKeyFile @certs@/@kind@.key
  RewriteEngine On
  RewriteMap sessions txt:@dir@/sessions.txt
  RewriteCond %{HTTP_COOKIE} SessionID=([A-Za-z0-9_-]+)
  RewriteCond ${sessions:%1|-} !^-$
  RewriteRule ^ - [E=user:alice,S=1]
  RewriteRule ^ https://login.corp.example/login?host=%{HTTP_HOST}&path=%{REQUEST_URI} [R=302,L]
  RequestHeader set X-User %{user}e
  ProxyPreserveHost On
  ProxyPass /up http://@sink@/up keepalive=On
  ProxyPass / http://@upstream@/ keepalive=On
</VirtualHost>
"""
PREFORK = """
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
StartServers 110
MinSpareServers 20
MaxSpareServers 200
ServerLimit 2100
MaxRequestWorkers 2100
"""
EVENT = """
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
StartServers 1
ServerLimit 1
ThreadsPerChild 128
ThreadLimit 128
MaxRequestWorkers 128
AsyncRequestWorkerFactor 100
"""


def both(site):
    return "".join(site.replace("@kind@", kind) for kind in ("ec", "rsa"))


KEPT = "keepalive 256; keepalive_requests 1000000;"  # connections to a server, for whoever comes


def nginx(lookup, location, kept=KEPT, kept_service=KEPT):
    sites = both(NGINX_SITE.replace("@location@", location))
    return NGINX.replace("@sites@", sites).replace("@lookup@", lookup).replace("@kept@", kept).replace("@kept-service@", kept_service)


def apache(mpm):
    return {"apache.conf": APACHE.replace("@mpm@", mpm).replace("@sites@", both(APACHE_SITE)),
            "sessions.txt": "@cookie@ alice\n"}


NGINX_RUN = ["nginx", "-e", "@dir@/start.log", "-c", "@dir@/nginx.conf"]
APACHE_RUN = ["apache2", "-f", "@dir@/apache.conf", "-D", "FOREGROUND"]

# Name: files, commands.  What @certs@/ec.both names is certificate and key in one file.
PEERS = {
    "nginx-map": ({"nginx.conf": nginx(MAP_LOOKUP, MAP_LOCATION)}, [NGINX_RUN]),
    "nginx-auth": ({"nginx.conf": nginx(AUTH_LOOKUP, AUTH_LOCATION), "service.conf": AUTH_SERVICE},
                   [["nginx", "-e", "@dir@/start2.log", "-c", "@dir@/service.conf"], NGINX_RUN]),
    # As the example in nginx's manual of auth_request has it: the service is dialled for each request.
    "nginx-auth-dial": ({"nginx.conf": nginx(AUTH_LOOKUP, AUTH_LOCATION, kept_service=""),
                         "service.conf": AUTH_SERVICE},
                        [["nginx", "-e", "@dir@/start2.log", "-c", "@dir@/service.conf"], NGINX_RUN]),
    # A server connection for each client's, and never another's: what this gate promises.
    "nginx-dial": ({"nginx.conf": nginx(MAP_LOOKUP, MAP_LOCATION, kept="")}, [NGINX_RUN]),
    "haproxy": ({"haproxy.cfg": HAPROXY, "sessions": "@cookie@ alice\n", "ec.pem": "@both-ec@", "rsa.pem": "@both-rsa@"},
                [["haproxy", "-db", "-f", "@dir@/haproxy.cfg"]]),
    "apache-event": (apache(EVENT), [APACHE_RUN]),
    "apache-prefork": (apache(PREFORK), [APACHE_RUN]),
}

# What a peer is measured with, when not with all.
CASES = {"nginx-auth-dial": "a b".split(), "nginx-dial": "c c-rsa d".split()}
