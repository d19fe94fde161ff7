// Compile-only: see stubs/README.md.
package com.intellij.openapi.actionSystem;

public enum ActionUpdateThread { BGT, EDT }
