CREATE TABLE correspondence (
  number  INTEGER PRIMARY KEY,
  letter  TEXT NOT NULL,
  what    TEXT NOT NULL,
  time    TEXT NOT NULL,
  who     TEXT NOT NULL,
  address TEXT NOT NULL,
  sha256  TEXT NOT NULL,
  size    INTEGER NOT NULL,
  data    BLOB
);

CREATE TABLE statements (
  number    INTEGER PRIMARY KEY,
  letter    TEXT NOT NULL,
  relay     TEXT NOT NULL,
  client    TEXT NOT NULL,
  name      TEXT NOT NULL,
  helo      TEXT NOT NULL,
  auth      TEXT NOT NULL,
  queue_id  TEXT NOT NULL,
  match     TEXT NOT NULL,
  line      TEXT NOT NULL,
  samples   TEXT NOT NULL,
  answer    TEXT NOT NULL,
  confirmed TEXT NOT NULL,
  who       TEXT NOT NULL,
  UNIQUE (letter, relay, client, line)
);

CREATE TABLE listings (
  number  INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  list    TEXT NOT NULL,
  result  TEXT NOT NULL,
  codes   TEXT NOT NULL,
  text    TEXT NOT NULL,
  asked   TEXT NOT NULL
);
