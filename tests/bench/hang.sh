#!/bin/sh
# Stands for a Python that never answers.
exec sleep 60
