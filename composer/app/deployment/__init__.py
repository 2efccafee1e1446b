"""The files for a server: units of systemd, settings of reverse proxies, DNS records, the names of secrets."""
