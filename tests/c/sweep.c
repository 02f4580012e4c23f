/* sweep [function ...] - misuses every function in turn; sweep.py has written how. */
#include "sweep.h"

uint8_t sweep_out[200000];
static long refusals;

int is_untouched(size_t from) {
  size_t i;
  for (i = from; i < sizeof sweep_out; ++i) {
    if (sweep_out[i] != 0xa5) return 0;
  }
  return 1;
}

void refused(const char *function, const char *what, anochat_status got, const anochat_error *error,
             anochat_status expected, anochat_status or_else) {
  const int is_right = expected == ANOCHAT_OK ? got != ANOCHAT_OK : got == expected || got == or_else;
  ++refusals;
  if (!is_right) {
    fprintf(stderr, "%s, %s: %s, not %s (%s)\n", function, what, anochat_status_name(got),
            expected == ANOCHAT_OK ? "an error" : anochat_status_name(expected), error == NULL ? "" : error->text);
    exit(1);
  }
  if (got == ANOCHAT_E_INTERNAL || (error != NULL && (error->status != got || error->text[0] == '\0'))) {
    fprintf(stderr, "%s, %s: status %s, but the error object says %s: \"%s\"\n", function, what,
            anochat_status_name(got), error == NULL ? "" : anochat_status_name(error->status),
            error == NULL ? "" : error->text);
    exit(1);
  }
}

void worked(const char *function, anochat_status got, const anochat_error *error, anochat_status expected) {
  if (got == expected && error->status == got) return;
  fprintf(stderr, "%s: a right call gave %s, not %s (%s)\n", function, anochat_status_name(got),
          anochat_status_name(expected), error->text);
  exit(1);
}

void unchanged(const char *function, bytes before, bytes after) {
  if (before.len != after.len || memcmp(before.data, after.data, before.len) != 0) {
    fprintf(stderr, "%s: a refused call has changed something\n", function);
    exit(1);
  }
  free(before.data);
  free(after.data);
}

static uint64_t random_bits(size_t i) { /* SplitMix64: the same in every run */
  uint64_t x = ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

int bad_handle(const fixture *fx, const char *kind, uintptr_t live, size_t i, uintptr_t *bad) {
  const struct {
    const char *kind;
    uintptr_t live, stale;
  } all[] = {
      {"list", (uintptr_t)fx->list, (uintptr_t)fx->stale_list},
      {"account", (uintptr_t)fx->account, (uintptr_t)fx->stale_account},
      {"device", (uintptr_t)fx->device, (uintptr_t)fx->stale_device},
      {"prekeys", (uintptr_t)fx->prekeys, (uintptr_t)fx->stale_prekeys},
      {"session", (uintptr_t)fx->session, (uintptr_t)fx->stale_session},
      {"client", (uintptr_t)fx->client, (uintptr_t)fx->stale_client},
      {"relay", (uintptr_t)fx->relay, (uintptr_t)fx->stale_relay},
      {"server", (uintptr_t)fx->server, (uintptr_t)fx->stale_server},
  };
  const size_t kinds = sizeof all / sizeof all[0];
  const size_t bits = 8 * sizeof(uintptr_t);
  if (i < kinds) {
    *bad = strcmp(all[i].kind, kind) == 0 ? all[i].stale : all[i].live;
  } else if (i < kinds + bits) {
    *bad = live ^ ((uintptr_t)1 << (i - kinds));
  } else if (i < kinds + bits + 300) {
    *bad = (uintptr_t)random_bits(i);
  } else if (i == kinds + bits + 300) {
    *bad = (uintptr_t)fx; /* an address that can be read */
  } else {
    return 0;
  }
  if (*bad == 0) *bad = 1; /* NULL has tests of its own */
  return 1;
}

int main(int argc, char **argv) {
  const sweep_entry *entry;
  int count = 0;
  for (entry = sweep_entries; entry->name != NULL; ++entry) {
    int is_wanted = argc == 1;
    int i;
    for (i = 1; i < argc; ++i) is_wanted |= strcmp(argv[i], entry->name) == 0;
    if (!is_wanted) continue;
    entry->run();
    ++count;
  }
  printf("%d functions, %ld refusals\n", count, refusals);
  return count > 0 ? 0 : 1;
}
