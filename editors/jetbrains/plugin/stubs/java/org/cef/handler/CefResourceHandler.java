// Compile-only: see stubs/README.md.
package org.cef.handler;

public interface CefResourceHandler {}
