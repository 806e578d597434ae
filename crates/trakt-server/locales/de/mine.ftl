# Mein Trakt: die Verknüpfung, ihre Daten, und was damit zu tun ist.
mine-done-asked = Ihre Daten werden bei Trakt gelesen.
mine-done-confirmed = Bestätigt. Die Änderungen werden ausgeführt.
mine-done-hidden = Ausgeblendet. Das wird Ihnen nicht mehr empfohlen.
mine-done-shown = Zurückgenommen. Das kann Ihnen wieder empfohlen werden.
mine-done-saved = Gespeichert.
mine-done-unlinked = Die Verknüpfung ist beendet. Was gelesen wurde, bleibt hier.
mine-done-purged = Die Verknüpfung ist beendet, und Ihre Trakt-Daten sind hier gelöscht.
mine-done-unconfirmed = Es wurde nichts geändert. Setzen Sie erst das Häkchen zur Bestätigung.

mine-link = Ihre Verknüpfung
mine-not-linked = Es ist kein Trakt-Konto verknüpft.
mine-link-now = Trakt-Konto verknüpfen
mine-blank = Sobald ein Konto verknüpft ist, sehen Sie hier, was Sie ansehen und was Trakt Ihnen empfiehlt.
mine-active = Verknüpft, und alles funktioniert.
mine-unverified = Ein Verwalter sagt, dass dieses Trakt-Konto Ihres ist. Bestätigen Sie das bei Trakt, dann können wir Ihre Daten lesen.
mine-verify = Bei Trakt bestätigen
mine-locked = Trakt hat dieses Konto gesperrt oder stillgelegt. Schreiben Sie dem Support von Trakt.
mine-relink = Neu verknüpfen
mine-lost-revoked = Trakt hat die Verbindung beendet. Wahrscheinlich hat eine andere App ihren Platz genommen (ein kostenloses Trakt-Konto behält eine verbundene Community-App), oder Sie haben sie in den Einstellungen von Trakt entfernt. Verknüpfen Sie das Konto neu.
mine-lost-lost-answer = Die Verbindung zu Trakt brach ab, als sie erneuert wurde. Verknüpfen Sie das Konto neu.
mine-lost-lost = Trakt hat so lange nicht geantwortet, dass die Verbindung beendet ist. Verknüpfen Sie das Konto neu.
mine-lost-unreadable = Der Schlüssel zu Ihrem Trakt-Konto ist hier nicht mehr zu lesen. Verknüpfen Sie das Konto neu.
mine-lost-other = Die Verbindung zu Trakt ist beendet. Verknüpfen Sie das Konto neu.
mine-account = Trakt-Konto
mine-linked-at = Verknüpft seit
mine-since = Seit

mine-sync = Ihre Daten
mine-phase-idle = Alles wurde gelesen.
mine-phase-queued = Das Lesen beginnt gleich.
mine-phase-running = Ihre Daten werden bei Trakt gelesen.
mine-phase-held = Einige Änderungen warten auf Ihr Wort.
mine-phase-failed = Zuletzt konnte nicht alles gelesen werden. Es wird von selbst noch einmal versucht.
mine-phase-off = Sie haben das Lesen ausgeschaltet. Was vorher gelesen wurde, bleibt hier.
mine-phase-unlinked = Ohne eine Verknüpfung, die funktioniert, wird nichts gelesen. Was vorher gelesen wurde, bleibt hier.
mine-reason-partial = Ein Teil Ihrer Daten kam nicht.
mine-reason-stopped = Dieser Dienst wurde dabei neu gestartet.
mine-reason-superseded = Ein anderer Lesevorgang hat übernommen.
mine-reason-no-token = Die Verbindung zu Trakt konnte noch nicht erneuert werden.
mine-reason-locked = Trakt hat das Konto gesperrt.
mine-reason-token-refused = Trakt hat die Verbindung abgelehnt.
mine-reason-misconfigured = Trakt lehnt diesen Dienst ab. Sagen Sie es dem, der ihn betreibt.
mine-reason-trakt-unavailable = Trakt hat nicht geantwortet.
mine-reason-database-unavailable = Wir waren nicht bereit.
mine-reason-other = Unterwegs ging etwas schief.
mine-reading = { $part }: bis jetzt { $rows }
mine-reading-soon = Noch ist nichts gekommen.
mine-reading-over = Ihre Daten sind gelesen. Die Seite ist auf dem neuesten Stand.
mine-last = Zuletzt gelesen
mine-next = Nächstes Mal
mine-next-now = jetzt
mine-next-none = nicht geplant
mine-counts = Was hier liegt
mine-sync-now = Jetzt abgleichen
mine-held = Änderungen, die warten
mine-held-hint = Das sind mehr Änderungen auf einmal als üblich. Nichts geht verloren: Sie werden erst ausgeführt, wenn Sie sie bestätigen.
mine-held-pull = { $part }: { $removes } von { $of } gibt es bei Trakt nicht mehr, und sie würden hier entfernt.
mine-held-push = { $part }: Von { $of } bei Trakt würden { $removes } entfernt und { $adds } hinzugefügt oder geändert.
mine-held-confirm = Ja, diese Änderungen ausführen

mine-part-movie-plays = Gesehene Filme
mine-part-episode-plays = Gesehene Folgen
mine-part-shows = Serien
mine-part-playback = Wo Sie angehalten haben
mine-part-movie-ratings = Bewertungen von Filmen
mine-part-show-ratings = Bewertungen von Serien
mine-part-season-ratings = Bewertungen von Staffeln
mine-part-episode-ratings = Bewertungen von Folgen
mine-part-watchlist = Merkliste
mine-part-hidden = Ausgeblendete Serien
mine-part-dropped = Abgebrochene Serien
mine-part-history = Gesehenes
mine-part-ratings = Bewertungen
mine-part-recommendations = Empfehlungen

mine-as-of = Stand
mine-untitled = Ohne Titel
mine-episode = S{ $season } F{ $number }
mine-special = Sonderfolge { $number }
mine-season = Staffel { $season }
mine-progress = Weitersehen
mine-progress-none = Es gibt nichts zum Weitersehen.
mine-progress-resume = angehalten bei { $percent } %
mine-progress-next = { $percent } % der Serie gesehen
mine-progress-left =
    { $left ->
        [one] noch 1 Folge
       *[other] noch { $left } Folgen
    }
mine-history = Zuletzt gesehen
mine-history-none = Es wurde noch nichts gesehen.
mine-history-undated = zu einer Zeit, die Trakt nicht kennt
mine-history-waits = von Trakt noch nicht bestätigt

mine-recommended = Von Trakt empfohlen
mine-movies = Filme
mine-shows = Serien
mine-recommended-off = Sie haben Empfehlungen ausgeschaltet.
mine-recommended-unread = Trakt wurde noch nicht gefragt.
mine-recommended-get = Empfehlungen zeigen
mine-recommended-none = Trakt empfiehlt gerade nichts.
mine-recommended-stale = Diese Liste ist alt: Trakt konnte zuletzt nicht gefragt werden.
mine-hide-off = Sie haben das Schreiben an Trakt ausgeschaltet, darum lässt sich hier nichts ausblenden.
mine-hide = Ausblenden
mine-undo = Zurücknehmen

mine-settings = Was wir dürfen
mine-switch-pull = Lesen, was ich ansehe
mine-about-pull = Was Sie sehen, Ihre Bewertungen und Listen werden bei Trakt gelesen. Ausgeschaltet bleibt, was gelesen wurde, wie es ist.
mine-switch-push = Schreiben, was ich hier tue
mine-about-push = Was Sie hier an Gesehenem, Bewertungen und Listen ändern, wird an Trakt gesendet. Ausgeschaltet wird nichts gesendet.
mine-switch-recommendations = Nach Empfehlungen fragen
mine-about-recommendations = Trakt wird gefragt, was es Ihnen empfiehlt. Ausgeschaltet wird es nicht gefragt.
mine-save = Speichern

mine-export = Ihre Daten zum Mitnehmen
mine-export-hint = Alles, was wir über Sie haben, in einer Datei (JSON-Zeilen). Höchstens einmal in der Minute.
mine-export-get = Herunterladen

mine-unlink = Verknüpfung beenden
mine-unlink-data = Was soll mit den Daten geschehen, die bei Trakt gelesen wurden?
mine-unlink-keep = Hier behalten
mine-unlink-purge = Hier löschen
mine-unlink-confirm = Ja, die Verknüpfung mit Trakt beenden
mine-unlink-now = Verknüpfung beenden
mine-purge = Ihre Trakt-Daten löschen
mine-purge-hint = Es ist kein Konto verknüpft, aber was vorher gelesen wurde, liegt noch hier.
mine-purge-confirm = Ja, löschen, was hier liegt
mine-purge-now = Löschen
