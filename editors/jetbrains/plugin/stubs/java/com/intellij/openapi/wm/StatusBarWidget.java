// Compile-only: see stubs/README.md.
package com.intellij.openapi.wm;

public interface StatusBarWidget extends com.intellij.openapi.Disposable {
    String ID();

    default WidgetPresentation getPresentation() {
        return null;
    }

    default void install(StatusBar statusBar) {}

    interface WidgetPresentation {
        String getTooltipText();

        default com.intellij.util.Consumer<java.awt.event.MouseEvent> getClickConsumer() {
            return null;
        }
    }

    interface TextPresentation extends WidgetPresentation {
        String getText();

        float getAlignment();
    }
}
