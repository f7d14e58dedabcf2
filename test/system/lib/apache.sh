# A real Apache in the intranet: plain WebDAV for `dav`, and over TLS for `davs`.
# Sourced by the tests that want it.

name_host dav 78
name_host davs 79

apache_conf() {  # DIRECTORY
  local module
  echo "ServerRoot $1"
  echo "PidFile $1/pid"
  echo "ErrorLog $1/error.log"
  echo "DocumentRoot $1/root"
  echo "DavLockDB $1/lock/db"
  echo "User www-data"
  echo "Group www-data"
  for module in mpm_event authz_core dav dav_fs ssl socache_shmcb; do
    echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
  done
  echo "ServerName dav.$DOMAIN"
  echo "SSLSessionCache none"
  echo "Listen ${ADDRESS_4[dav]}:80"
  echo "Listen ${ADDRESS_4[davs]}:443"
  echo "<Directory $1/root>"
  echo "  Dav On"
  echo "  Require all granted"
  echo "</Directory>"
  echo "<VirtualHost ${ADDRESS_4[davs]}:443>"
  echo "  ServerName davs.$DOMAIN"
  echo "  SSLEngine on"
  echo "  SSLCertificateFile $LAB/certs/intranet.pem"
  echo "  SSLCertificateKeyFile $LAB/certs/intranet.key"
  echo "</VirtualHost>"
}

apache_start() {
  local dir=$LAB/servers/apache
  command -v apache2 > /dev/null || skip "no apache2"
  mkdir -p "$dir/root" "$dir/lock"
  chmod 755 "$dir"
  chown www-data "$dir/root" "$dir/lock"
  apache_conf "$dir" > "$dir/apache.conf"
  in_intranet apache2 -f "$dir/apache.conf" -k start
  wait_for 5 test -s "$dir/pid"
}
