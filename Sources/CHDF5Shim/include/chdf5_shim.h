#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <stddef.h>

// The macros of hdf5.h that Swift cannot import, as functions. Each one opens the library first, as the macro does.
#define CHDF5_ID(name, macro) \
  static inline hid_t name(void) { return macro; }

CHDF5_ID(chdf5_default, H5P_DEFAULT)
CHDF5_ID(chdf5_everything, H5S_ALL)
CHDF5_ID(chdf5_file_int64, H5T_STD_I64LE)
CHDF5_ID(chdf5_file_int32, H5T_STD_I32LE)
CHDF5_ID(chdf5_file_uint8, H5T_STD_U8LE)
CHDF5_ID(chdf5_file_uint16, H5T_STD_U16LE)
CHDF5_ID(chdf5_file_float64, H5T_IEEE_F64LE)
CHDF5_ID(chdf5_memory_int64, H5T_NATIVE_INT64)
CHDF5_ID(chdf5_memory_int32, H5T_NATIVE_INT32)
CHDF5_ID(chdf5_memory_uint8, H5T_NATIVE_UINT8)
CHDF5_ID(chdf5_memory_uint16, H5T_NATIVE_UINT16)
CHDF5_ID(chdf5_memory_float64, H5T_NATIVE_DOUBLE)
CHDF5_ID(chdf5_c_string, H5T_C_S1)
CHDF5_ID(chdf5_object_reference, H5T_STD_REF_OBJ)
CHDF5_ID(chdf5_file_creation, H5P_FILE_CREATE)
CHDF5_ID(chdf5_file_access, H5P_FILE_ACCESS)
CHDF5_ID(chdf5_group_creation, H5P_GROUP_CREATE)
CHDF5_ID(chdf5_dataset_creation, H5P_DATASET_CREATE)
CHDF5_ID(chdf5_dataset_access, H5P_DATASET_ACCESS)
CHDF5_ID(chdf5_datatype_creation, H5P_DATATYPE_CREATE)

static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_every_object(void) { return H5F_OBJ_ALL | H5F_OBJ_LOCAL; }
static inline unsigned chdf5_creation_order(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

// Stops the library from printing its error stack on this thread. Cheap after the first call on a thread.
void chdf5_silence_thread(void);

// Copies the innermost message of this thread's error stack, without line breaks, into `text`; "" when there is none.
void chdf5_innermost_message(char *text, size_t capacity);

// A type of 16 opaque bytes into which variable-length text is read as it lies in the file: u32 length, u64 address of
// the collection, u32 index within it. The library's own look-up crashes on damaged indices.
hid_t chdf5_text_place(void);

// The descriptor behind the file of an object, and the bytes before its first address; negative on failure.
int chdf5_descriptor(hid_t object, hsize_t *offset);

#endif
