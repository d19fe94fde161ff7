// Compile-only: see stubs/README.md.
package com.intellij.ui.jcef;

public class JBCefBrowser extends JBCefBrowserBase {}
