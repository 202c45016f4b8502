#!/bin/sh
# Stands in for a Python that never answers.
exec sleep 60
