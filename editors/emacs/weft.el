;;; weft.el --- Code completion by a model on your own machine  -*- lexical-binding: t; -*-

;;; Commentary:

;; Weft as a language server, for lsp-mode (ghost text) and Eglot (an entry of the completion menu).
;; It must not hold logic: the server does the work.  `weft setup emacs' writes this file.

;;; Code:

(defvar weft-command '("weft" "lsp")
  "The command that starts the server.")

(defvar lsp-inline-completion-idle-delay)
(defvar lsp-inline-completion-active-map)
(defvar eglot-server-programs)
(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-inline-completion-mode "lsp-inline-completion")
(declare-function lsp-inline-completion-accept "lsp-inline-completion")

;; lsp-mode starts several servers for a buffer: Weft comes beside the language's own.
(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () weft-command))
    :activation-fn (lambda (&rest _) (derived-mode-p 'prog-mode))
    :add-on? t
    :priority -2
    :server-id 'weft))
  ;; Since lsp-mode 9.0.1.
  (when (require 'lsp-inline-completion nil t)
    (setq lsp-inline-completion-idle-delay 0.2)
    (define-key lsp-inline-completion-active-map (kbd "TAB") #'lsp-inline-completion-accept)
    (define-key lsp-inline-completion-active-map (kbd "<tab>") #'lsp-inline-completion-accept)
    (add-hook 'lsp-after-open-hook #'lsp-inline-completion-mode)))

;; Eglot starts one server for a buffer: Weft is the last of its list, for languages that have no other.
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs (cons 'prog-mode weft-command) t))

(provide 'weft)
;;; weft.el ends here
