// Compile-only: see stubs/README.md.
package com.intellij.notification;

public abstract class NotificationGroupManager {
    public static native NotificationGroupManager getInstance();

    public abstract NotificationGroup getNotificationGroup(String groupId);
}
