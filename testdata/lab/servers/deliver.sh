#!/bin/sh
# The delivery agent of chasquid: one file a message.
exec cat >"/home/$1/Maildir/new/$(date +%s).$$"
