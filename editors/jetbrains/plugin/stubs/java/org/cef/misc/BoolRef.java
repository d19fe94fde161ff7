// Compile-only: see stubs/README.md.
package org.cef.misc;

public class BoolRef {}
