// Compile-only: see stubs/README.md.
package com.intellij.openapi.components;

public interface ComponentManager extends com.intellij.openapi.util.UserDataHolder, com.intellij.openapi.Disposable {
    <T> T getService(Class<T> serviceClass);

    com.intellij.util.messages.MessageBus getMessageBus();

    boolean isDisposed();
}
