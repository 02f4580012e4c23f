/* What the written sweep stands on. */
#ifndef ANOCHAT_TESTS_C_SWEEP_H
#define ANOCHAT_TESTS_C_SWEEP_H

#include "fixture.h"

typedef struct sweep_entry {
  const char *name;
  void (*run)(void);
} sweep_entry;

extern const sweep_entry sweep_entries[]; /* the last one has no name */

extern uint8_t sweep_out[200000];
int is_untouched(size_t from); /* sweep_out has 0xa5 from here on */

/* The status must be one of the two, or with ANOCHAT_OK any that is an error; the error object must say the same. */
void refused(const char *function, const char *what, anochat_status got, const anochat_error *error,
             anochat_status expected, anochat_status or_else);
void worked(const char *function, anochat_status got, const anochat_error *error, anochat_status expected);
/* The state is as it was; frees both. */
void unchanged(const char *function, bytes before, bytes after);
/* The i-th handle that is none of this kind; 0 after the last. */
int bad_handle(const fixture *fx, const char *kind, uintptr_t live, size_t i, uintptr_t *bad);

#endif
