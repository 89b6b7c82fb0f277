CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE submissions (
  number     INTEGER PRIMARY KEY,
  sha256     TEXT NOT NULL,
  file       TEXT NOT NULL,
  line       INTEGER NOT NULL,
  size       INTEGER NOT NULL,
  class      TEXT NOT NULL,
  grade      TEXT NOT NULL,
  priority   INTEGER NOT NULL,
  reporter   TEXT NOT NULL,
  reply_to   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  date       TEXT NOT NULL,
  utc        TEXT NOT NULL,
  message_id TEXT NOT NULL,
  forged     TEXT NOT NULL,
  recipients TEXT NOT NULL,
  reasons    TEXT NOT NULL,
  ask        TEXT NOT NULL,
  bounce     TEXT,
  report     TEXT,
  problem    TEXT NOT NULL,
  data       BLOB
);
CREATE UNIQUE INDEX submissions_sha256 ON submissions (sha256) WHERE sha256 <> '';

CREATE TABLE samples (
  number INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  size   INTEGER NOT NULL,
  grade  TEXT NOT NULL,
  data   BLOB
);

CREATE TABLE origins (
  sample     INTEGER NOT NULL REFERENCES samples (number),
  number     INTEGER NOT NULL,
  submission INTEGER NOT NULL REFERENCES submissions (number),
  file       TEXT NOT NULL,
  line       INTEGER NOT NULL,
  part       TEXT NOT NULL,
  via        TEXT NOT NULL,
  shown_by   TEXT NOT NULL,
  PRIMARY KEY (sample, number)
) WITHOUT ROWID;

CREATE TABLE fields (
  sample       INTEGER PRIMARY KEY REFERENCES samples (number),
  message_id   TEXT NOT NULL,
  subject      TEXT NOT NULL,
  from_field   TEXT NOT NULL,
  reply_to     TEXT NOT NULL,
  to_field     TEXT NOT NULL,
  date         TEXT NOT NULL,
  domain       TEXT NOT NULL,
  return_path  TEXT NOT NULL,
  delivered_to TEXT NOT NULL,
  ends         TEXT NOT NULL,
  boundary     TEXT NOT NULL,
  origin       TEXT NOT NULL,
  certainty    TEXT NOT NULL
);

CREATE TABLE hops (
  sample    INTEGER NOT NULL REFERENCES samples (number),
  hop       INTEGER NOT NULL,
  line      INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  standing  TEXT NOT NULL,
  link      TEXT NOT NULL,
  discloses TEXT NOT NULL,
  from_ip   TEXT NOT NULL,
  from_rdns TEXT NOT NULL,
  from_helo TEXT NOT NULL,
  by_host   TEXT NOT NULL,
  id        TEXT NOT NULL,
  utc       TEXT NOT NULL,
  raw       TEXT NOT NULL,
  PRIMARY KEY (sample, hop)
) WITHOUT ROWID;

CREATE TABLE transactions (
  sample    INTEGER NOT NULL REFERENCES samples (number),
  hop       INTEGER NOT NULL,
  relay     TEXT NOT NULL,
  own       INTEGER NOT NULL,
  client    TEXT NOT NULL,
  certainty TEXT NOT NULL,
  withholds INTEGER NOT NULL,
  PRIMARY KEY (sample, hop, relay)
) WITHOUT ROWID;

CREATE TABLE relays (
  ip        TEXT PRIMARY KEY,
  verdict   TEXT NOT NULL,
  samples   INTEGER NOT NULL,
  reporters INTEGER NOT NULL,
  withholds INTEGER NOT NULL,
  own_field TEXT NOT NULL,
  certainty TEXT NOT NULL,
  names     TEXT NOT NULL,
  helos     TEXT NOT NULL,
  holder    TEXT NOT NULL,
  letter    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE reasons (
  relay   TEXT NOT NULL REFERENCES relays (ip),
  number  INTEGER NOT NULL,
  code    TEXT NOT NULL,
  for_it  INTEGER NOT NULL,
  text    TEXT NOT NULL,
  PRIMARY KEY (relay, number)
) WITHOUT ROWID;

CREATE TABLE verdicts (
  number  INTEGER PRIMARY KEY,
  relay   TEXT NOT NULL,
  verdict TEXT NOT NULL,
  why     TEXT NOT NULL,
  who     TEXT NOT NULL,
  time    TEXT NOT NULL
);

CREATE TABLE networks (
  address TEXT PRIMARY KEY,
  handle  TEXT NOT NULL,
  name    TEXT NOT NULL,
  holder  TEXT NOT NULL,
  country TEXT NOT NULL,
  first   TEXT NOT NULL,
  last    TEXT NOT NULL,
  source  TEXT NOT NULL,
  asked   TEXT NOT NULL,
  record  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE contacts (
  address TEXT NOT NULL REFERENCES networks (address),
  number  INTEGER NOT NULL,
  email   TEXT NOT NULL,
  role    TEXT NOT NULL,
  name    TEXT NOT NULL,
  scope   TEXT NOT NULL,
  source  TEXT NOT NULL,
  asked   TEXT NOT NULL,
  PRIMARY KEY (address, number)
) WITHOUT ROWID;

CREATE TABLE answers (
  sha256 TEXT PRIMARY KEY,
  kind   TEXT NOT NULL,
  server TEXT NOT NULL,
  asked  TEXT NOT NULL,
  size   INTEGER NOT NULL,
  data   BLOB NOT NULL
);

CREATE TABLE clusters (
  number  INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  samples INTEGER NOT NULL,
  bounces INTEGER NOT NULL,
  why     TEXT NOT NULL
);

CREATE TABLE members (
  cluster    INTEGER NOT NULL REFERENCES clusters (number),
  submission INTEGER NOT NULL REFERENCES submissions (number),
  nearest    INTEGER NOT NULL,
  why        TEXT NOT NULL,
  PRIMARY KEY (cluster, submission)
) WITHOUT ROWID;

CREATE TABLE letters (
  name      TEXT PRIMARY KEY,
  kind      TEXT NOT NULL,
  state     TEXT NOT NULL,
  recipients TEXT NOT NULL,
  relays    TEXT NOT NULL,
  hold      INTEGER NOT NULL,
  plan      TEXT NOT NULL,
  judgement TEXT NOT NULL,
  sent      TEXT NOT NULL,
  who       TEXT NOT NULL,
  eml       BLOB,
  txt       BLOB
) WITHOUT ROWID;

CREATE TABLE events (
  number  INTEGER PRIMARY KEY,
  time    TEXT NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  detail  TEXT NOT NULL,
  version TEXT NOT NULL,
  prev    TEXT NOT NULL,
  hash    TEXT NOT NULL
);

CREATE TABLE files (
  path   TEXT NOT NULL,
  placed INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  size   INTEGER NOT NULL,
  PRIMARY KEY (path, placed)
) WITHOUT ROWID;
