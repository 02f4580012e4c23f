/* A program that uses its own SQLite for its own files and our library for a store: host <folder>. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

extern int store_write(const char *path);

static int has_marker(const char *path) {
  static char bytes[1 << 20];
  FILE *file = fopen(path, "rb");
  if (file == NULL) return -1;
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  for (size_t i = 0; i + 15 <= size; ++i) {
    if (memcmp(bytes + i, "PLAINTEXTMARKER", 15) == 0) return 1;
  }
  return 0;
}

int main(int count, char **words) {
  char plain[500], sealed[500];
  sqlite3 *db = NULL;
  if (count != 2) return 2;
  snprintf(plain, sizeof plain, "%s/host.db", words[1]);
  snprintf(sealed, sizeof sealed, "%s/store.db", words[1]);
  if (sqlite3_open(plain, &db) != SQLITE_OK ||
      sqlite3_exec(db, "CREATE TABLE t(x); INSERT INTO t VALUES('PLAINTEXTMARKER')", NULL, NULL, NULL) != SQLITE_OK) {
    return 3;
  }
  if (store_write(sealed) != 0) return 4;
  sqlite3_close(db);
  if (has_marker(plain) != 1) return 5; /* the host's own file is what it always was */
  return has_marker(sealed) == 0 ? 0 : 6;
}
