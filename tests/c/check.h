/* What the C tests share. */
#ifndef ANOCHAT_TESTS_C_CHECK_H
#define ANOCHAT_TESTS_C_CHECK_H

#include <anochat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define EXPECT(status, call)                                                                                  \
  do {                                                                                                        \
    const anochat_status got_ = (call);                                                                       \
    if (got_ != (status)) {                                                                                   \
      fprintf(stderr, "%s:%d: %s gave %s, not %s\n", __FILE__, __LINE__, #call, anochat_status_name(got_),    \
              anochat_status_name(status));                                                                   \
      exit(1);                                                                                                \
    }                                                                                                         \
  } while (0)

#define OK(call) EXPECT(ANOCHAT_OK, call)

#endif
