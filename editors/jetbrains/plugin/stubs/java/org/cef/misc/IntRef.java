// Compile-only: see stubs/README.md.
package org.cef.misc;

public class IntRef {
    public native void set(int value);
}
