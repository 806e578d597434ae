# Die Seite, auf der ein Trakt-Konto verknüpft wird.
link-none = Noch ist kein Trakt-Konto verknüpft. Sie bestätigen die Verknüpfung bei Trakt und können sie jederzeit lösen.
link-start = Mein Trakt-Konto verknüpfen
link-open-address = Öffnen Sie diese Adresse:
link-new-tab = (öffnet sich in einem neuen Tab)
link-open-code = Geben Sie dort diesen Code ein und bestätigen Sie:
link-copy = Code kopieren
link-copied = Kopiert
link-qr = Oder scannen Sie dies mit dem Telefon:
link-qr-name = QR-Code von { $url }
link-left =
    { $minutes ->
        [one] Der Code gilt noch eine Minute.
       *[other] Der Code gilt noch { $minutes } Minuten.
    }
link-clock = Verbleibende Zeit: { $time }
link-watching = Diese Seite merkt von selbst, wenn Sie bestätigt haben.
link-press = Wenn Sie bestätigt haben, drücken Sie diesen Knopf:
link-check = Jetzt nachsehen
link-pending = Sie haben noch nicht bestätigt.
link-newer = In einem anderen Fenster wurde ein neuerer Code angefordert. Nur dieser gilt jetzt.
link-trakt-waits = Trakt hat eben nicht geantwortet. Der Code gilt weiter, und wir fragen weiter nach.
link-approved = Sie haben bestätigt. Wir fragen Trakt, wessen Konto es ist.
link-until = Bis Sie bestätigen, bleibt dieses Konto verknüpft:
link-until-dead = Bisher war dieses Konto verknüpft:
link-still = Dieses Konto bleibt verknüpft:

link-done = Fertig. Ihr Trakt-Konto ist verknüpft.
link-is = Ihr Trakt-Konto ist verknüpft.
link-account = Trakt-Konto
link-since = Verknüpft seit
link-to-mine = Mein Trakt ansehen
link-other = Stattdessen ein anderes Konto verknüpfen

link-end-denied = Sie haben bei Trakt abgelehnt. War das ein Versehen, dann holen Sie einen neuen Code.
link-end-expired = Es wurde nicht rechtzeitig bestätigt. Holen Sie einen neuen Code.
link-end-superseded = Ein neuerer Code hat diesen ersetzt. Holen Sie einen neuen Code.
link-end-used = Der Code wurde benutzt, aber die Antwort von Trakt ging verloren. Holen Sie einen neuen Code.
link-end-unknown = Trakt kennt den Code nicht mehr. Holen Sie einen neuen Code.
link-end-account-taken = Dieses Trakt-Konto hat hier schon jemand anders verknüpft. Holen Sie einen neuen Code und bestätigen Sie mit einem anderen Konto.
link-end-already-linked = Sie haben mit einem anderen Trakt-Konto bestätigt als dem verknüpften. Sie können das andere an seine Stelle setzen.
link-end-account-locked = Trakt hat dieses Konto gesperrt oder stillgelegt. Schreiben Sie dem Support von Trakt und holen Sie einen neuen Code, wenn es wieder offen ist.
link-again = Neuen Code holen
link-replace = Verknüpftes Konto ersetzen
link-trakt-down = Trakt antwortet gerade nicht. Es wurde nichts begonnen; versuchen Sie es in einer Weile noch einmal.
link-retry = Noch einmal versuchen

link-dead-revoked = Trakt hat die Verknüpfung beendet. Wahrscheinlich hat eine andere App ihren Platz eingenommen, denn ein kostenloses Trakt-Konto behält nur eine verbundene App, oder sie wurde in den Einstellungen von Trakt entfernt.
link-dead-lost = Die Verknüpfung ist abgerissen, als wir sie bei Trakt erneuern wollten. Von Ihren Daten ist nichts verloren.
link-dead-unreadable = Wir können den gespeicherten Zugang zu diesem Konto nicht mehr lesen. Von Ihren Daten ist nichts verloren.
link-dead-unverified = Ein Verwalter hat dieses Konto für Sie eingetragen. Bestätigen Sie bei Trakt, dass es Ihres ist.
link-dead-locked = Trakt hat dieses Konto gesperrt oder stillgelegt. Schreiben Sie dem Support von Trakt: Sobald es wieder offen ist, geht die Verknüpfung von selbst wieder.
link-mend = Neu verknüpfen
link-confirm = Bei Trakt bestätigen
