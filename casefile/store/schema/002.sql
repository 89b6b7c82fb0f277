CREATE TABLE files_2 (
  path   TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  placed INTEGER NOT NULL,
  size   INTEGER NOT NULL,
  PRIMARY KEY (path, sha256, placed)
) WITHOUT ROWID;
INSERT INTO files_2 SELECT path, sha256, placed, size FROM files;
DROP TABLE files;
ALTER TABLE files_2 RENAME TO files;

CREATE VIEW evidence_of_relays AS
SELECT t.relay, t.sample, s.sha256, t.hop, h.by_host AS named_by, h.standing, t.own, t.client, t.certainty, t.withholds,
  h.utc, f.message_id
FROM transactions AS t
JOIN samples AS s ON s.number = t.sample
JOIN hops AS h ON h.sample = t.sample AND h.hop = t.hop
JOIN fields AS f ON f.sample = t.sample;

CREATE VIEW custody AS
SELECT number, time, actor, action, d.value AS detail, version, hash
FROM events LEFT JOIN json_each(events.detail) AS d
ORDER BY number, d.id;
