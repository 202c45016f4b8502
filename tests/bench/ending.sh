#!/bin/sh
# Simulates a Python that must be replaced after each row: it lives on for a second after its answer.
while read -r line; do
  case $line in
    *hello*) echo '{"torch":"1","ending":false}' ;;
    *)
      echo "{\"timings\":{},\"mode\":\"$$\",\"difference\":null,\"ending\":true}"
      sleep 1
      exit 1
      ;;
  esac
done
