// Compile-only: see stubs/README.md.
package com.intellij.openapi.wm;

import com.intellij.openapi.project.Project;

public interface StatusBarWidgetFactory {
    String getId();

    String getDisplayName();

    default boolean isAvailable(Project project) {
        return true;
    }

    StatusBarWidget createWidget(Project project);

    default void disposeWidget(StatusBarWidget widget) {}

    default boolean canBeEnabledOn(StatusBar statusBar) {
        return true;
    }
}
