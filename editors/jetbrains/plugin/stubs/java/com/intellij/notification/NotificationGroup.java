// Compile-only: see stubs/README.md.
package com.intellij.notification;

public abstract class NotificationGroup {
    public abstract Notification createNotification(String content, NotificationType type);
}
