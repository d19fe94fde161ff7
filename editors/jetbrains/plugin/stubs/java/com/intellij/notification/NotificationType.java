// Compile-only: see stubs/README.md.
package com.intellij.notification;

public enum NotificationType { INFORMATION, WARNING, ERROR }
