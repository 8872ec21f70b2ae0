// Filled in by the first generator.
