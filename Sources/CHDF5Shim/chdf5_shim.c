#include "chdf5_shim.h"

#include <pthread.h>
#include <string.h>

enum { TEXT_PLACE_BYTES = 16 };

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

// A "conversion" that leaves the bytes as they are in the file.
static herr_t keep_place(hid_t source, hid_t target, H5T_cdata_t *data, size_t count, size_t stride,
                         size_t background_stride, void *buffer, void *background, hid_t list) {
  (void)count, (void)stride, (void)background_stride, (void)buffer, (void)background, (void)list;
  if (data->command != H5T_CONV_INIT) return 0;
  data->need_bkg = H5T_BKG_NO;
  return H5Tis_variable_str(source) > 0 && H5Tget_size(target) == TEXT_PLACE_BYTES ? 0 : -1;
}

static void register_keep_place(void) {
  hid_t text = H5Tcopy(H5T_C_S1);
  hid_t place = H5Tcreate(H5T_OPAQUE, TEXT_PLACE_BYTES);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tregister(H5T_PERS_SOFT, "text place", text, place, keep_place);
  H5Tclose(text);
  H5Tclose(place);
}

hid_t chdf5_text_place(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_keep_place);
  return H5Tcreate(H5T_OPAQUE, TEXT_PLACE_BYTES);
}

int chdf5_descriptor(hid_t object, hsize_t *offset) {
  void *handle = NULL;
  int descriptor = -1;
  hid_t file = H5Iget_file_id(object);
  hid_t list = file < 0 ? -1 : H5Fget_create_plist(file);
  if (list >= 0 && H5Pget_userblock(list, offset) >= 0 && H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0)
    descriptor = *(int *)handle;
  if (list >= 0) H5Pclose(list);
  if (file >= 0) H5Fclose(file);
  return descriptor;
}
