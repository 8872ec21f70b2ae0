#include "chdf5_shim.h"

#include <string.h>

struct message {
  char *text;
  size_t capacity;
};

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *entry, void *context) {
  struct message *message = context;
  if (depth != 0 || entry->desc == NULL) return 0;
  strncpy(message->text, entry->desc, message->capacity - 1);
  message->text[message->capacity - 1] = '\0';
  return 0;
}

void chdf5_silence_thread(void) {
  static _Thread_local int silent = 0;
  if (silent) return;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  silent = 1;
}

void chdf5_innermost_message(char *text, size_t capacity) {
  struct message message = {text, capacity};
  if (capacity == 0) return;
  text[0] = '\0';
  // The stack is taken first: a look-up during a walk over the default stack would clear it.
  hid_t stack = H5Eget_current_stack();
  if (stack < 0) return;
  H5Ewalk2(stack, H5E_WALK_UPWARD, keep_innermost, &message);
  H5Eclose_stack(stack);
  for (char *c = text; *c != '\0'; c++) {
    if (*c == '\n' || *c == '\r') *c = ' ';
  }
}
