#!/bin/sh
# --connect --innodb_initialized
exec mariadb-admin --silent ping
