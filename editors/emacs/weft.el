;;; weft.el --- Code completion by a model on your own machine  -*- lexical-binding: t; -*-

;;; Commentary:

;; Weft as a language server.  With lsp-mode: ghost text, chat, edits, status.  With Eglot: an entry of the
;; completion menu (`weft-eglot').  The manual is docs/editors/emacs.md; `weft setup emacs' writes this file.
;; It must not hold logic: the server does the work.

;;; Code:

(require 'seq)
(require 'subr-x)

(defgroup weft nil
  "Code completion and chat by a model on your own machine."
  :group 'tools)

(defvar weft-command '("weft" "lsp")
  "The command that starts the server.")

(defcustom weft-idle-delay 0.2
  "Seconds without a key after which a suggestion is asked for."
  :type 'number)

(defvar weft--off nil
  "Whether suggestions are turned off.")

(defvar weft--trouble nil
  "What keeps suggestions from coming, in a word or two, or nil.")

(defvar-local weft--following nil
  "Whether the windows of this document follow its end.")

(defvar weft-document-mode)
(defvar lsp-inline-completion-idle-delay)
(defvar lsp-inline-completion-active-map)
(defvar lsp-inline-completion-enable)
(defvar lsp-inline-completion--items)
(defvar lsp-inline-completion--current)
(defvar lsp-inline-completion--start-point)
(defvar lsp-language-id-configuration)
(defvar lsp--buffer-workspaces)
(defvar lsp-buffer-uri)
(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(declare-function lsp-mode "lsp-mode")
(declare-function lsp-completion-mode "lsp-completion")
(declare-function lsp--workspace-client "lsp-mode")
(declare-function lsp--client-server-id "lsp-mode")
(declare-function lsp--open-in-workspace "lsp-mode")
(declare-function lsp--buffer-uri "lsp-mode")
(declare-function lsp--uri-to-path "lsp-mode")
(declare-function lsp--cur-position "lsp-mode")
(declare-function lsp--region-to-range "lsp-mode")
(declare-function lsp--position-to-point "lsp-mode")
(declare-function lsp-find-workspace "lsp-mode")
(declare-function lsp-request "lsp-mode")
(declare-function lsp-request-async "lsp-mode")
(declare-function lsp-inline-completion-accept "lsp-inline-completion")
(declare-function lsp-inline-completion-cancel "lsp-inline-completion")
(declare-function lsp-inline-completion-next "lsp-inline-completion")
(declare-function lsp-inline-completion-prev "lsp-inline-completion")
(declare-function eglot "eglot")
(declare-function project-current "project")

;;;; What the user calls

;;;###autoload
(defun weft-chat (question)
  "Ask QUESTION about this buffer and the region.
An empty one is written in the document that opens."
  (interactive (list (read-string "Ask Weft (empty: in a document): ")))
  (weft--execute "weft.chat.open"
                 (append (list :text question :send (if (string-empty-p question) :json-false t))
                         (and (not weft-document-mode) (weft--document))
                         (and (use-region-p)
                              (list :selection (lsp--region-to-range (region-beginning) (region-end)))))))

;;;###autoload
(defun weft-edit (instruction)
  "Propose a change of the region as INSTRUCTION says.
Without a region it is the definition around point.  Nothing is touched before
`weft-accept'."
  (interactive (list (read-string "Weft, what is to change? ")))
  (let ((range (if (use-region-p)
                   (lsp--region-to-range (region-beginning) (region-end))
                 (list :start (lsp--cur-position) :end (lsp--cur-position)))))
    (weft--execute "weft.edit"
                   (append (weft--document) (list :range range :kind "edit" :instruction instruction)))))

(defun weft-send ()
  "Send the question at point of a chat document.
The windows of the document follow the answer until the next command."
  (interactive)
  (setq weft--following t)
  (weft--execute "weft.chat.send" (append (weft--document) (list :position (lsp--cur-position)))))

(defun weft-stop ()
  "Stop the answer that is being written into this document."
  (interactive)
  (weft--execute "weft.chat.stop" (weft--document)))

(defun weft-accept ()
  "Make all changes of the proposal in this document."
  (interactive)
  (weft--execute "weft.edit.accept" (list :id (weft--proposal))))

(defun weft-reject ()
  "Forget the proposal in this document."
  (interactive)
  (weft--execute "weft.edit.reject" (list :id (weft--proposal))))

;;;###autoload
(defun weft-why ()
  "Say what became of the last request for a suggestion."
  (interactive)
  (weft--execute "weft.why" nil))

;;;###autoload
(defun weft-toggle ()
  "Turn suggestions off, or on again."
  (interactive)
  (weft--execute "weft.toggle" nil
                 (lambda (answer)
                   (setq weft--off (not (eq (weft--get answer :on) t)))
                   (force-mode-line-update t)
                   (message "Weft is %s" (if weft--off "off" "on")))))

;;;###autoload
(defun weft-use-model (name)
  "Use the model of NAME."
  (interactive (list (read-string "Model: ")))
  (weft--execute "weft.useModel" (list :name name)))

(defun weft-accept-word ()
  "Take the next word of the suggestion."
  (interactive)
  (weft--accept-match "\\`[[:space:]\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:]_[:space:]]+\\)"))

(defun weft-accept-line ()
  "Take the next line of the suggestion."
  (interactive)
  (weft--accept-match "\\`\n?[^\n]*"))

;;;###autoload
(defun weft-eglot ()
  "Make Weft the server of Eglot for buffers as this one.
Suggestions are in the completion menu."
  (interactive)
  (require 'eglot)
  (require 'project)
  (let ((language (replace-regexp-in-string "\\(?:-ts\\)?-mode\\'" "" (symbol-name major-mode)))
        (project (or (project-current) (cons 'transient default-directory))))
    (eglot (list major-mode) project 'eglot-lsp-server weft-command (list language))))

;;;; The documents of chats and proposals

(defvar weft-document-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'weft-send)
    (define-key map (kbd "C-c C-k") #'weft-stop)
    (define-key map (kbd "C-c C-a") #'weft-accept)
    (define-key map (kbd "C-c C-r") #'weft-reject)
    map)
  "Keys of a document that Weft shows.")

(define-minor-mode weft-document-mode
  "Minor mode of the chats and proposals that Weft shows."
  :lighter " Weft"
  (when weft-document-mode
    (visual-line-mode 1)
    (add-hook 'completion-at-point-functions #'weft-mentions-at-point -90 t)
    (add-hook 'pre-command-hook #'weft--follow-no-more nil t)
    (add-hook 'after-change-functions #'weft--follow-soon nil t)))

(defun weft--follow-no-more ()
  "A command of the user: what is being looked at stays in sight."
  (setq weft--following nil))

(defun weft--follow-soon (&rest _)
  "Follow the answer once the change is made: whoever makes it puts point back."
  (when weft--following
    (run-with-timer 0 nil #'weft--follow (current-buffer))))

(defun weft--follow (buffer)
  "Show the end of BUFFER in its windows."
  (when (and (buffer-live-p buffer) (buffer-local-value 'weft--following buffer))
    (dolist (window (get-buffer-window-list buffer nil t))
      (set-window-point window (with-current-buffer buffer (point-max))))))

(defun weft-mentions-at-point ()
  "What the `@' or `/' before point can be followed by, for `completion-at-point'.
A name in the middle of a path is found too, so it is the server that filters."
  (let ((begin (save-excursion (skip-chars-backward "^ \t\n") (point))))
    (when (memq (char-after begin) '(?@ ?/))
      (let* ((place (append (weft--document) (list :position (lsp--cur-position))))
             (items (append (weft--get (lsp-request "textDocument/completion" place) :items) nil))
             (names (mapcar (lambda (it)
                              (propertize (string-trim (weft--get (weft--get it :textEdit) :newText))
                                          'weft-detail (weft--get it :detail)))
                            items)))
        (list begin (point)
              (lambda (_string _predicate action)
                (pcase action
                  ('metadata '(metadata (category . weft) (display-sort-function . identity)))
                  ('t names)
                  ('nil (and names t))
                  (_ nil)))
              :annotation-function (lambda (name) (concat " " (get-text-property 0 'weft-detail name))))))))

(defun weft--try-completion (string table _predicate _point)
  "STRING completed by TABLE: the only name that the server has found."
  (let ((names (all-completions "" table)))
    (cond ((null names) nil)
          ((equal names (list string)) t)
          ((cdr names) (cons string (length string)))
          (t (cons (car names) (length (car names)))))))

(defun weft--all-completions (_string table _predicate _point)
  "All names of TABLE: the server has filtered them."
  (all-completions "" table))

(add-to-list 'completion-styles-alist
             '(weft weft--try-completion weft--all-completions "What Weft has found."))
(add-to-list 'completion-category-defaults '(weft (styles weft)))

(defun weft--show-document (workspace params)
  "Show the document of PARAMS, served by the server of WORKSPACE."
  (let ((path (lsp--uri-to-path (weft--get params :uri)))
        (selection (weft--get params :selection)))
    (if (or (eq (weft--get params :external) t) (not (file-readable-p path)))
        (list :success :json-false)
      (with-current-buffer (find-file-noselect path)
        (weft--read-again)
        (unless (memq workspace lsp--buffer-workspaces)
          (setq lsp--buffer-workspaces (list workspace))
          (lsp--open-in-workspace workspace)
          (lsp-mode 1)
          (setq lsp-buffer-uri (lsp--buffer-uri))
          (lsp-completion-mode 1))
        (when (save-excursion (goto-char (point-min)) (looking-at "<!-- weft: "))
          (weft-document-mode 1))
        (pop-to-buffer (current-buffer))
        (when selection
          (goto-char (lsp--position-to-point (weft--get selection :start)))))
      (list :success t))))

(defun weft--read-again ()
  "Read the file again where only the server has changed it."
  (unless (or (buffer-modified-p) (verify-visited-file-modtime))
    (revert-buffer t t t)))

(defun weft--proposal ()
  "The id of the proposal in this document."
  (save-excursion
    (goto-char (point-min))
    (if (looking-at "<!-- weft: proposal \\(.*?\\) -->")
        (match-string-no-properties 1)
      (user-error "No proposal is in this buffer: weft-edit makes one"))))

;;;; The server

(defun weft--get (object key)
  "The member KEY of OBJECT, whichever of its two forms lsp-mode uses."
  (if (hash-table-p object)
      (gethash (substring (symbol-name key) 1) object)
    (plist-get object key)))

(defun weft--document ()
  "This buffer as the protocol names it."
  (list :textDocument (list :uri (lsp--buffer-uri))))

(defun weft--workspace ()
  "Weft's server for this buffer, else any of Weft's."
  (or (seq-find (lambda (it) (eq (lsp--client-server-id (lsp--workspace-client it)) 'weft)) (lsp-workspaces))
      (lsp-find-workspace 'weft nil)
      (user-error "Weft does not run for this buffer: M-x lsp starts it")))

(defun weft--execute (command argument &optional callback)
  "Run COMMAND of the server with ARGUMENT; CALLBACK gets the answer."
  (let ((lsp--buffer-workspaces (list (weft--workspace))))
    (lsp-request-async "workspace/executeCommand"
                       (list :command command
                             :arguments (if argument (vector argument) []))
                       (or callback #'ignore)
                       :mode 'detached
                       :error-handler (lambda (failure) (message "Weft: %s" (weft--get failure :message))))))

(defun weft--trace (_workspace trace)
  "Remember from TRACE, the end of a request, whether something is wrong."
  (let ((code (weft--get trace :reason_code)))
    (unless (member code '("superseded" "cancelled" "outdated"))
      (setq weft--trouble
            (cdr (assoc code '(("no_model" . "no model") ("no_fim" . "wrong model") ("error" . "error")))))
      (force-mode-line-update t))))

(defun weft-mode-line ()
  "What Weft is doing in this buffer, for the mode line."
  (cond ((not (and (bound-and-true-p lsp--buffer-workspaces)
                   (seq-some (lambda (it) (eq (lsp--client-server-id (lsp--workspace-client it)) 'weft))
                             lsp--buffer-workspaces)))
         "")
        (weft--off "[weft off]")
        (weft--trouble (format "[weft: %s]" weft--trouble))
        (t "[weft]")))

(defun weft--serves-p (&rest _)
  "Whether this buffer is one that Weft serves."
  (derived-mode-p 'prog-mode 'text-mode 'conf-mode))

(defun weft--handlers (&rest pairs)
  "The handlers of PAIRS, methods and functions in turn, as lsp-mode takes them."
  (let ((handlers (make-hash-table :test 'equal)))
    (while pairs
      (puthash (pop pairs) (pop pairs) handlers))
    handlers))

;;;; Ghost text

(defun weft--accept-match (pattern)
  "Insert what PATTERN matches at the beginning of the suggestion.
The rest is suggested again."
  (let* ((item (elt lsp-inline-completion--items lsp-inline-completion--current))
         (text (weft--get item :insertText))
         (range (weft--get item :range))
         (start (and range (lsp--position-to-point (weft--get range :start))))
         (typed (if start (- lsp-inline-completion--start-point start) 0))
         (rest (substring text (min (max typed 0) (length text)))))
    (lsp-inline-completion-cancel)
    (when (string-match pattern rest)
      (insert (match-string 0 rest)))))

(defun weft--bind (key command)
  "Let KEY run COMMAND while a suggestion is shown."
  (define-key lsp-inline-completion-active-map (kbd key) command)
  ;; lsp-mode takes a suggestion away before any command without this mark.
  (when command
    (put command 'lsp-inline-completion-keep t)))

;; lsp-mode starts several servers for a buffer: Weft comes beside the language's own.
(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '("\\.md\\'" . "markdown") t)
  (add-to-list 'mode-line-misc-info '(:eval (weft-mode-line)) t)
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () weft-command))
    :activation-fn #'weft--serves-p
    :add-on? t
    :priority -2
    :server-id 'weft
    :request-handlers (weft--handlers "window/showDocument" #'weft--show-document)
    :notification-handlers (weft--handlers "weft/trace" #'weft--trace)))
  ;; Since lsp-mode 9.0.1; from 10.0 on it turns itself on.
  (when (require 'lsp-inline-completion nil t)
    (setq lsp-inline-completion-idle-delay weft-idle-delay)
    (dolist (key '("TAB" "<tab>"))
      (weft--bind key #'lsp-inline-completion-accept))
    (weft--bind "M-<right>" #'weft-accept-word)
    (weft--bind "C-M-<right>" #'weft-accept-line)
    (weft--bind "M-n" #'lsp-inline-completion-next)
    (weft--bind "M-p" #'lsp-inline-completion-prev)
    ;; These two move by lines, with a suggestion or without.
    (weft--bind "C-n" nil)
    (weft--bind "C-p" nil)
    (unless (boundp 'lsp-inline-completion-enable)
      (add-hook 'lsp-after-open-hook 'lsp-inline-completion-mode))))

(provide 'weft)
;;; weft.el ends here
