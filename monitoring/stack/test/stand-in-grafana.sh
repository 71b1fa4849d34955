#!/bin/sh
# In Grafana's place where it is not installed: says where it was told to listen, as Grafana does, and listens to nobody.
echo "HTTP Server Listen address=$GF_SERVER_HTTP_ADDR:$GF_SERVER_HTTP_PORT"
exec sleep 86400
